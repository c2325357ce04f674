/**
 * What a query costs at most, in calls to the endpoint, read from its text alone: every page as long as was asked for, every
 * thing described once for each place where it may stand. It must not know what is cached, nor what lists share.
 */
import {
  type FieldNode,
  type FragmentDefinitionNode,
  GraphQLError,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  getArgumentValues,
  getNamedType,
  getNullableType,
  isAbstractType,
  isListType,
  isObjectType,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';
import { describeLimit, describeOperation } from '../upstream/describe.ts';
import { DEFAULT_FIRST, LARGEST_FIRST } from './connection.ts';
import type { TypeExtensions } from './key-sources.ts';
import { needsDescription, type Selected, selectedFields } from './selection.ts';

/** What a query costs at most. */
export interface Estimate {
  readonly calls: number;
  readonly byOperation: Readonly<Record<string, number>>;
  /** The places that cost most, each without what lies beneath it. */
  readonly costliest: readonly { readonly path: string; readonly calls: number }[];
}

/** The operation of an estimate, whose variables have been read. */
export interface Estimated {
  readonly schema: GraphQLSchema;
  readonly operation: OperationDefinitionNode;
  readonly fragments: Readonly<Record<string, FragmentDefinitionNode>>;
  readonly variableValues: { readonly [variable: string]: unknown };
}

/** Calls by operation, in parts of one where several things share a call. */
type Cost = ReadonlyMap<string, number>;

/** How many items one List call brings. */
const PAGE = 100;
/** How many calls a count is taken to cost, and a comparison for each of its runs: nobody knows before. */
const COUNT_PAGES = 10;
/** How many items a list that is no connection has at most, unless an argument says it. */
const LIST_ITEMS = 50;
/** How many rules packages there can be, however often they are linked to. */
const RULES_PACKAGES = 50;
/** How many places are named as costly. */
const COSTLIEST = 3;
/** How many selections are looked at: a document that needs more is made to cost time. */
const LOOK_LIMIT = 100_000;

/** What lists the items of connections whose node type does not say it. */
const LISTED_BY: Readonly<Record<string, string>> = {
  AgentPreviewConnection: 'PreviewAgents',
  ExclusionPreviewConnection: 'GetExclusionsPreview',
  TopicSubscriptionConnection: 'ListEventSubscriptions',
};

/** How many edges events of streams have at most. */
const EVENT_EDGES: Readonly<Record<string, number>> = { FindingsReported: PAGE };

/** What fields cost beside the pages of their connection and the description of what they link to. */
const OWN_CALLS: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  'AssessmentRun.compare': {
    DescribeAssessmentRuns: 1,
    ListFindings: 2 * COUNT_PAGES,
    DescribeFindings: 2 * COUNT_PAGES * (PAGE / 10),
  },
  'AssessmentRun.report': { GetAssessmentReport: 1 },
  'AssessmentRun.telemetryMetadata': { GetTelemetryMetadata: 1 },
  'AssessmentRunSnapshot.agentHealthCounts': { ListAssessmentRunAgents: 1 },
  'AssessmentRunSnapshot.telemetryMetadata': { GetTelemetryMetadata: 1 },
  'AssessmentTarget.assessmentRuns': { ListAssessmentTemplates: 1 },
  'AssessmentTarget.findings': { ListAssessmentTemplates: 1, ListAssessmentRuns: 1 },
  'AssessmentTemplate.exclusionsPreview': { GetExclusionsPreview: 1 },
  'AssessmentTemplate.findings': { ListAssessmentRuns: 1 },
  'AssessmentTemplate.tags': { ListTagsForResource: 1 },
  'Query.crossAccountAccessRole': { DescribeCrossAccountAccessRole: 1 },
  'Subscription.findingsReported': { ListFindings: 1 },
  'Subscription.reportReady': { GetAssessmentReport: 1 },
};

/** What the operation costs at most; undefined where its text is too involved to tell. */
export function estimate(estimated: Estimated): Estimate | undefined {
  const { schema, operation } = estimated;
  const root = schema.getRootType(operation.operation);
  if (!root) return undefined;
  const estimator = new Estimator(estimated);
  const whole: Part = { path: [], sets: [operation.selectionSet], type: root, first: 0, times: 1 };
  // What one field of a mutation has asked for is not shared with the next.
  const costs =
    operation.operation === 'mutation'
      ? estimator.fields(whole)
      : [{ cost: estimator.cost(whole), slack: estimator.slack(whole) }];
  if (estimator.isExhausted) return undefined;
  const sum = new Map<string, number>();
  for (const { cost, slack } of costs) {
    for (const [name, calls] of cost) add(sum, new Map([[name, callsOf(name, calls, slack.get(name) ?? 0)]]), 1);
  }
  return {
    calls: total(sum),
    byOperation: Object.fromEntries(sum),
    // Found when it is asked for: few want to know.
    get costliest() {
      return estimator.costliest(whole);
    },
  };
}

/** A selection on some objects of a type. */
interface Part {
  readonly path: readonly string[];
  readonly sets: readonly SelectionSetNode[];
  readonly type: GraphQLObjectType;
  /** Of a connection or an event, how many items its pages hold; of what a mutation answers, how many things it was to change. */
  readonly first: number;
  /** How many such objects there may be. */
  readonly times: number;
}

/** A field of a part: what it costs itself, for each object, and what is selected of what it brings. */
interface Brought {
  readonly own: Cost;
  /** What of a call that describes what it brings may be empty. */
  readonly slack: Cost;
  readonly parts: readonly Part[];
}

const NOTHING: Cost = new Map();

class Estimator {
  readonly #estimated: Estimated;
  readonly #known = new Map<string, Cost>();
  readonly #slacks = new Map<Cost, Cost>();
  readonly #numbers = new Map<SelectionSetNode, number>();
  #looks = 0;

  constructor(estimated: Estimated) {
    this.#estimated = estimated;
  }

  get isExhausted(): boolean {
    return this.#looks > LOOK_LIMIT;
  }

  /** What a part costs for each of its objects. */
  cost(part: Part): Cost {
    const key = [part.type.name, part.first, ...part.sets.map((set) => this.#number(set))].join(' ');
    const known = this.#known.get(key);
    if (known) return known;
    const cost = new Map<string, number>();
    const slack = new Map<string, number>();
    for (const each of this.fields(part)) {
      add(cost, each.cost, 1);
      add(slack, each.slack, 1);
    }
    this.#known.set(key, cost);
    this.#slacks.set(cost, slack);
    return cost;
  }

  /** What may be empty of the calls that describe things beneath a part: of one at each place, however many objects there are. */
  slack(part: Part): Cost {
    return this.#slacks.get(this.cost(part)) ?? NOTHING;
  }

  /** What each field of a part costs for each of its objects, and the slack beneath. */
  fields(part: Part): readonly { readonly cost: Cost; readonly slack: Cost }[] {
    return [...this.#brought(part)].map(({ own, slack: its, parts }) => {
      const cost = new Map(own);
      const slack = new Map(its);
      const dearest = this.#dearest(parts);
      if (dearest) add(cost, this.cost(dearest), dearest.times);
      for (const each of parts) if (each.times > 0) add(slack, this.slack(each), 1);
      return { cost, slack };
    });
  }

  /** The places beneath a part whose own calls are most. */
  costliest(whole: Part): Estimate['costliest'] {
    const found: { path: string; calls: number }[] = [];
    const open = [{ part: whole, calls: total(this.cost(whole)) }];
    const least = () => found[COSTLIEST - 1]?.calls ?? 0;
    for (let looks = 0; open.length > 0 && looks < LOOK_LIMIT / 100; looks += 1) {
      open.sort((one, other) => other.calls - one.calls);
      const { part, calls } = open.shift() ?? { part: whole, calls: 0 };
      if (calls <= least()) break;
      for (const { own, parts } of this.#brought(part)) {
        const path = parts[0]?.path ?? [];
        found.push({ path: path.join('.'), calls: Math.ceil(total(own) * part.times) });
        const dearest = this.#dearest(parts);
        if (!dearest) continue;
        const times = dearest.times * part.times;
        open.push({ part: { ...dearest, times }, calls: total(this.cost(dearest)) * times });
      }
      found.sort((one, other) => other.calls - one.calls);
      found.length = Math.min(found.length, COSTLIEST);
    }
    return found.filter(({ calls }) => calls > 0);
  }

  /** Of what a field may bring, what costs most. */
  #dearest(parts: readonly Part[]): Part | undefined {
    const [first, ...others] = parts;
    return others.reduce(
      (dearest, part) => (dearest && total(this.cost(part)) > total(this.cost(dearest)) ? part : dearest),
      first,
    );
  }

  *#brought(part: Part): Generator<Brought, void, undefined> {
    for (const [name, nodes] of this.#fields(part)) {
      const [node] = nodes;
      const field = node && part.type.getFields()[node.name.value];
      if (node && field) yield this.#field(part, name, nodes, field);
    }
  }

  /** The nodes of each field of the answer: one that is selected twice is answered once. */
  #fields({ sets, type }: Part): Map<string, FieldNode[]> {
    const fields = new Map<string, FieldNode[]>();
    const opened = new Set<string>();
    for (const set of sets) {
      for (const { node } of selectedFields(set, type, this.#selected, opened)) {
        this.#looks += 1;
        if (this.isExhausted) return new Map();
        const name = node.alias?.value ?? node.name.value;
        const nodes = fields.get(name);
        if (nodes) nodes.push(node);
        else fields.set(name, [node]);
      }
    }
    return fields;
  }

  #field(part: Part, name: string, nodes: readonly FieldNode[], field: GraphQLField<unknown, unknown>): Brought {
    const [node] = nodes as [FieldNode];
    const sets = nodes.flatMap(({ selectionSet }) => selectionSet ?? []);
    const args = argumentsOf(field, node, this.#estimated);
    const own = new Map(Object.entries(OWN_CALLS[`${part.type.name}.${field.name}`] ?? {}));
    const changed = part.type === this.#estimated.schema.getMutationType() ? (args.input?.findingIds?.length ?? 1) : 0;
    if (changed > 0) own.set(operationOf(field), Math.ceil(changed / describeLimit('Finding')));
    const named = getNamedType(field.type);
    const isPaged = named.name.endsWith('Connection') && isObjectType(named);
    // What is out of bounds is refused where it stands.
    const first = isPaged
      ? Math.max(0, Math.min(args.first ?? DEFAULT_FIRST, LARGEST_FIRST))
      : changed || EVENT_EDGES[named.name] || part.first;
    if (isPaged) add(own, this.#pages(named, sets, first), 1);
    const isOfPart = field.name === 'edges' || part.type.name.endsWith('Payload');
    const times = timesOf(field.type, isOfPart ? part.first : (args.ids?.length ?? LIST_ITEMS));
    const path = [...part.path, name];
    const parts = objectTypes(named, this.#estimated.schema).map((type) => ({ path, sets, type, first, times }));
    const isLookUp = part.type === this.#estimated.schema.getQueryType();
    const descriptions = parts.map(({ type }) => this.#description(type, sets, isLookUp));
    const dearest = dearestOf(descriptions);
    add(own, dearest, times);
    // Of several kinds, one of each at least.
    if (times > 1) for (const other of descriptions) if (other !== dearest) add(own, other, 1);
    const shares = times > 0 ? descriptions.flatMap((each) => [...each]) : [];
    return { own, slack: new Map(shares.map(([operation, share]) => [operation, 1 - share])), parts };
  }

  /** What the pages of a connection cost. */
  #pages(connection: GraphQLObjectType, sets: readonly SelectionSetNode[], first: number): Cost {
    const node = getNamedType(
      (getNamedType(connection.getFields().edges?.type) as GraphQLObjectType).getFields().node?.type,
    );
    const { broughtBy = [] } = (node?.extensions ?? {}) as TypeExtensions;
    const operation = LISTED_BY[connection.name] ?? broughtBy[0] ?? 'List';
    let pages = 0;
    for (const [, [field]] of this.#fields({ path: [], sets, type: connection, first, times: 1 })) {
      if (field?.name.value === 'totalCount') pages += COUNT_PAGES;
    }
    return new Map([[operation, pages + Math.max(1, Math.ceil(first / PAGE))]]);
  }

  /** What describing an object costs, in parts of a call. What is looked up is described whatever is selected. */
  #description(type: GraphQLObjectType, sets: readonly SelectionSetNode[], isLookUp: boolean): Cost {
    const { describedAs } = type.extensions as TypeExtensions;
    // The API describes no agents: the run's are listed.
    if (isLookUp && type.name === 'AssessmentRunAgent') return new Map([['ListAssessmentRunAgents', 1]]);
    const isNeeded = describedAs && (isLookUp || sets.some((set) => needsDescription(set, type, this.#selected)));
    return new Map(isNeeded ? [[describeOperation(describedAs), 1 / describeLimit(describedAs)]] : []);
  }

  get #selected(): Selected {
    return this.#estimated;
  }

  #number(set: SelectionSetNode): number {
    const number = this.#numbers.get(set) ?? this.#numbers.size;
    this.#numbers.set(set, number);
    return number;
  }
}

interface Arguments {
  readonly first?: number | null;
  readonly ids?: readonly string[] | null;
  readonly input?: { readonly findingIds?: readonly string[] };
}

/** The operation of the API that a mutation sends. */
function operationOf({ name }: GraphQLField<unknown, unknown>): string {
  return `${name.charAt(0).toUpperCase()}${name.slice(1)}`;
}

/** The arguments of a field; none where they are wrong, which the executor says. */
function argumentsOf(field: GraphQLField<unknown, unknown>, node: FieldNode, { variableValues }: Estimated): Arguments {
  try {
    return getArgumentValues(field, node, variableValues);
  } catch (error) {
    if (error instanceof GraphQLError) return {};
    throw error;
  }
}

/** Whole calls, of what is summed from parts of calls. */
function callsOf(operation: string, calls: number, slack: number): number {
  const most = operation === describeOperation('RulesPackage') ? RULES_PACKAGES / describeLimit('RulesPackage') : calls;
  // What is summed from tenths is a little off.
  return Math.floor(Math.min(calls, most) + slack + 1e-6);
}

function objectTypes(type: GraphQLNamedType, schema: GraphQLSchema): readonly GraphQLObjectType[] {
  if (isObjectType(type)) return [type];
  return isAbstractType(type) ? schema.getPossibleTypes(type) : [];
}

function timesOf(type: GraphQLOutputType, items: number): number {
  return isListType(getNullableType(type)) ? items : 1;
}

/** The dearest of several, one of which it will be. */
function dearestOf(costs: readonly Cost[]): Cost {
  return costs.reduce((dearest, cost) => (total(cost) > total(dearest) ? cost : dearest), NOTHING);
}

function add(sum: Map<string, number>, cost: Cost, times: number): void {
  for (const [operation, calls] of cost) sum.set(operation, (sum.get(operation) ?? 0) + calls * times);
}

function total(cost: Cost): number {
  let sum = 0;
  for (const calls of cost.values()) sum += calls;
  return sum;
}
