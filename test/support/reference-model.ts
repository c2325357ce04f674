/**
 * What an Inspector service must answer, as the documents say it (the API's model, the user guide and `docs/service.md`), kept
 * in arrays. It knows neither the service's code nor how it is asked. Where the documents leave open which of several problems
 * is told, or an order, any is right.
 */

/** A member of a request or an answer, on the wire: times are seconds. */
export type Json = Readonly<Record<string, unknown>>;

/** The members of the requests that the model knows. */
export interface Input {
  readonly assessmentRunArn?: string;
  readonly assessmentRunArns?: readonly string[];
  readonly assessmentRunName?: string;
  readonly assessmentTargetArn?: string;
  readonly assessmentTargetArns?: readonly string[];
  readonly assessmentTargetName?: string;
  readonly assessmentTemplateArn?: string;
  readonly assessmentTemplateArns?: readonly string[];
  readonly assessmentTemplateName?: string;
  readonly attributeKeys?: readonly string[];
  readonly attributes?: readonly Pair[];
  readonly durationInSeconds?: number;
  readonly event?: string;
  readonly filter?: Filter;
  readonly findingArns?: readonly string[];
  readonly maxResults?: number;
  readonly nextToken?: string;
  readonly resourceArn?: string;
  readonly resourceGroupArn?: string;
  readonly resourceGroupArns?: readonly string[];
  readonly resourceGroupTags?: readonly Pair[];
  readonly rulesPackageArns?: readonly string[];
  readonly stopAction?: string;
  readonly tags?: readonly Pair[];
  readonly topicArn?: string;
  readonly userAttributesForFindings?: readonly Pair[];
}

/** The members of lists' filters that the model knows. */
export interface Filter {
  readonly assessmentTargetNamePattern?: string;
  readonly completionTimeRange?: TimeRange;
  readonly creationTimeRange?: TimeRange;
  readonly durationRange?: { readonly minSeconds?: number; readonly maxSeconds?: number };
  readonly namePattern?: string;
  readonly rulesPackageArns?: readonly string[];
  readonly startTimeRange?: TimeRange;
  readonly stateChangeTimeRange?: TimeRange;
  readonly states?: readonly string[];
  readonly userAttributes?: readonly Pair[];
}

export interface Pair {
  readonly key: string;
  readonly value?: string;
}

interface TimeRange {
  readonly beginDate?: number;
  readonly endDate?: number;
}

/** An instance with a healthy agent, on which no rule finds anything. */
export interface ModelInstance {
  readonly instanceId: string;
  readonly tags: readonly Pair[];
}

/** What the service must answer: an output, or any one of some errors. */
export type Expected = { readonly output: Json } | { readonly errors: readonly Json[] };

/** What is named by ARNs, each with a form of its own. */
const FORMS = {
  ResourceGroup: /:resourcegroup\/0-\w{8}$/,
  AssessmentTarget: /:target\/0-\w{8}$/,
  AssessmentTemplate: /:target\/0-\w{8}\/template\/0-\w{8}$/,
  AssessmentRun: /:target\/0-\w{8}\/template\/0-\w{8}\/run\/0-\w{8}$/,
  Finding: /\/run\/0-\w{8}\/finding\/0-\w+$/,
} as const;
export type Kind = keyof typeof FORMS;
const CODES: Readonly<Record<Kind, string>> = {
  ResourceGroup: 'RESOURCE_GROUP',
  AssessmentTarget: 'ASSESSMENT_TARGET',
  AssessmentTemplate: 'ASSESSMENT_TEMPLATE',
  AssessmentRun: 'ASSESSMENT_RUN',
  Finding: 'FINDING',
};
const FINAL = ['COMPLETED', 'CANCELED'];
/** The states in which a run needs its agents. */
const WITH_AGENTS = [
  'CREATED',
  'START_DATA_COLLECTION_PENDING',
  'START_DATA_COLLECTION_IN_PROGRESS',
  'COLLECTING_DATA',
  'STOP_DATA_COLLECTION_PENDING',
];
/** As many user attributes as a finding can have, and items as an exception lists. */
const MOST = 10;
const MOST_NOTIFICATIONS = 50;
const MOST_ARNS = 100;
const MOST_RESULTS = 500;

interface Thing {
  readonly arn: string;
  readonly createdAt: number;
}

interface ResourceGroup extends Thing {
  readonly tags: readonly Pair[];
}

interface Target extends Thing {
  name: string;
  resourceGroupArn: string | undefined;
  updatedAt: number;
}

interface Template extends Thing {
  readonly name: string;
  readonly assessmentTargetArn: string;
  readonly durationInSeconds: number;
  readonly rulesPackageArns: readonly string[];
  readonly userAttributesForFindings: readonly Pair[];
  tags: readonly Pair[];
  subscriptions: { readonly topicArn: string; readonly event: string; readonly subscribedAt: number }[];
}

interface Change {
  readonly state: string;
  readonly at: number;
}

interface Run extends Thing {
  readonly name: string;
  readonly template: Template;
  readonly agentIds: readonly string[];
  changes: Change[];
  planned: Change[];
  notifications: Json[];
}

interface Finding extends Thing {
  readonly run: Run;
  readonly rulesPackageArn: string | undefined;
  userAttributes: readonly Pair[];
  updatedAt: number;
}

class Refusal extends Error {
  constructor(readonly errors: readonly Json[]) {
    super('refused');
  }
}

/** An account in a service whose waits are not shortened. */
export class ReferenceModel {
  readonly #now: () => number;
  readonly #instances: readonly ModelInstance[];
  #groups: ResourceGroup[] = [];
  #targets: Target[] = [];
  #templates: Template[] = [];
  #runs: Run[] = [];
  #findings: Finding[] = [];
  /** Where the page ended that a token came with, and what had been asked for. */
  readonly #tokens = new Map<string, { readonly list: string; readonly last: Thing }>();

  constructor(now: () => number, instances: readonly ModelInstance[]) {
    this.#now = now;
    this.#instances = instances;
  }

  /** What is there, oldest first. */
  arns(kind: Kind): string[] {
    return this.#things(kind).map(({ arn }) => arn);
  }

  /** Time has come to now. */
  pass(): void {
    for (const run of this.#runs) {
      const due = run.planned.filter(({ at }) => at <= this.#now());
      run.planned = run.planned.slice(due.length);
      this.#change(run, due);
    }
  }

  /** The runs that have completed and whose findings the model has not been told. */
  runsWithNewFindings(): string[] {
    return this.#runs
      .filter((run) => this.#isCompleted(run) && run.agentIds.length > 0)
      .filter((run) => !this.#findings.some((finding) => finding.run === run))
      .map(({ arn }) => arn);
  }

  /** The findings of a run, with each one's rules package; answers what is wrong with them. */
  learn(runArn: string, found: readonly { readonly arn: string; readonly rulesPackageArn: string }[]): string[] {
    const run = this.#find(this.#runs, runArn);
    if (!run) return [`${runArn} does not exist`];
    const createdAt = last(run.changes).at;
    for (const { arn, rulesPackageArn } of found) {
      const userAttributes = run.template.userAttributesForFindings;
      this.#findings.push({ arn, createdAt, updatedAt: createdAt, run, rulesPackageArn, userAttributes });
    }
    const arns = found.map(({ arn }) => arn);
    const expected = run.agentIds.length * run.template.rulesPackageArns.length;
    return [
      ...(arns.length === expected ? [] : [`${runArn} has ${arns.length} findings instead of ${expected}`]),
      ...(new Set(arns).size === arns.length ? [] : [`${runArn} has a finding twice`]),
      ...arns.filter((arn) => !arn.startsWith(`${runArn}/finding/`)).map((arn) => `${arn} is not of ${runArn}`),
    ];
  }

  /** What must be answered; names that only the service can give, new ARNs and tokens, are taken from what it has answered. */
  answer(operation: string, input: Input, answered: Json): Expected {
    const answer = this.#operations[operation];
    if (!answer) throw new TypeError(`the model has no operation ${operation}`);
    try {
      return { output: answer(input, answered) };
    } catch (thrown) {
      if (thrown instanceof Refusal) return { errors: thrown.errors };
      throw thrown;
    }
  }

  readonly #operations: Readonly<Record<string, (input: Input, answered: Json) => Json>> = {
    CreateResourceGroup: ({ resourceGroupTags = [] }, { resourceGroupArn }) => {
      const arn = this.#newArn('ResourceGroup', resourceGroupArn);
      this.#groups.push({ arn, createdAt: this.#now(), tags: resourceGroupTags });
      return { resourceGroupArn: arn };
    },
    CreateAssessmentTarget: ({ assessmentTargetName: name = '', resourceGroupArn }, { assessmentTargetArn }) => {
      refuseFor(this.#groupProblems(resourceGroupArn), this.#targetNameProblems(name));
      const arn = this.#newArn('AssessmentTarget', assessmentTargetArn);
      const now = this.#now();
      this.#targets.push({ arn, createdAt: now, updatedAt: now, name, resourceGroupArn });
      return { assessmentTargetArn: arn };
    },
    UpdateAssessmentTarget: ({ assessmentTargetArn, assessmentTargetName: name = '', resourceGroupArn }) => {
      refuseFor(
        this.#problems('AssessmentTarget', assessmentTargetArn),
        this.#groupProblems(resourceGroupArn),
        this.#targetNameProblems(name, assessmentTargetArn),
      );
      Object.assign(this.#one(this.#targets, assessmentTargetArn), { name, resourceGroupArn, updatedAt: this.#now() });
      return {};
    },
    DeleteAssessmentTarget: ({ assessmentTargetArn }) => {
      refuseFor(this.#problems('AssessmentTarget', assessmentTargetArn));
      this.#delete(this.#one(this.#targets, assessmentTargetArn).arn);
      return {};
    },
    CreateAssessmentTemplate: (input, { assessmentTemplateArn }) => {
      const { assessmentTargetArn, assessmentTemplateName: name = '', durationInSeconds = 0 } = input;
      const { rulesPackageArns = [], userAttributesForFindings = [] } = input;
      const named = this.#templates.some((one) => one.name === name && one.assessmentTargetArn === assessmentTargetArn);
      refuseFor(
        this.#problems('AssessmentTarget', assessmentTargetArn),
        named ? [invalid('ASSESSMENT_TEMPLATE_NAME_ALREADY_TAKEN')] : [],
        repeats(rulesPackageArns) ? [invalid('INVALID_RULES_PACKAGE_ARN')] : [],
        repeats(keysOf(userAttributesForFindings)) ? [invalid('INVALID_USER_ATTRIBUTE')] : [],
      );
      const target = this.#one(this.#targets, assessmentTargetArn);
      const arn = this.#newArn('AssessmentTemplate', assessmentTemplateArn, target.arn);
      this.#templates.push({
        arn,
        createdAt: this.#now(),
        name,
        assessmentTargetArn: target.arn,
        durationInSeconds,
        rulesPackageArns,
        userAttributesForFindings,
        tags: [],
        subscriptions: [],
      });
      return { assessmentTemplateArn: arn };
    },
    DeleteAssessmentTemplate: ({ assessmentTemplateArn }) => {
      refuseFor(this.#problems('AssessmentTemplate', assessmentTemplateArn));
      this.#delete(this.#one(this.#templates, assessmentTemplateArn).arn);
      return {};
    },
    SetTagsForResource: ({ resourceArn, tags = [] }) => {
      refuseFor(
        this.#problems('AssessmentTemplate', resourceArn, 'RESOURCE'),
        repeats(keysOf(tags)) ? [invalid('INVALID_TAG')] : [],
      );
      this.#one(this.#templates, resourceArn).tags = tags;
      return {};
    },
    ListTagsForResource: ({ resourceArn }) => {
      refuseFor(this.#problems('AssessmentTemplate', resourceArn, 'RESOURCE'));
      return { tags: this.#one(this.#templates, resourceArn).tags };
    },
    SubscribeToEvent: ({ resourceArn, topicArn = '', event = '' }) => {
      refuseFor(this.#problems('AssessmentTemplate', resourceArn, 'RESOURCE'));
      const { subscriptions } = this.#one(this.#templates, resourceArn);
      if (!subscriptions.some((one) => one.topicArn === topicArn && one.event === event)) {
        subscriptions.push({ topicArn, event, subscribedAt: this.#now() });
      }
      return {};
    },
    UnsubscribeFromEvent: ({ resourceArn, topicArn, event }) => {
      refuseFor(this.#problems('AssessmentTemplate', resourceArn, 'RESOURCE'));
      const template = this.#one(this.#templates, resourceArn);
      template.subscriptions = template.subscriptions.filter((one) => one.topicArn !== topicArn || one.event !== event);
      return {};
    },
    ListEventSubscriptions: ({ resourceArn }) => {
      if (resourceArn !== undefined) refuseFor(this.#problems('AssessmentTemplate', resourceArn, 'RESOURCE'));
      const templates = this.#templates.filter(({ arn }) => resourceArn === undefined || arn === resourceArn);
      const subscriptions = templates.flatMap((template) =>
        [...new Set(template.subscriptions.map(({ topicArn }) => topicArn))].map((topicArn) => ({
          resourceArn: template.arn,
          topicArn,
          eventSubscriptions: template.subscriptions
            .filter((one) => one.topicArn === topicArn)
            .map(({ event, subscribedAt }) => ({ event, subscribedAt: subscribedAt / 1000 })),
        })),
      );
      return { subscriptions };
    },
    StartAssessmentRun: ({ assessmentTemplateArn, assessmentRunName }, { assessmentRunArn }) => {
      refuseFor(this.#problems('AssessmentTemplate', assessmentTemplateArn));
      const template = this.#one(this.#templates, assessmentTemplateArn);
      const target = this.#one(this.#targets, template.assessmentTargetArn);
      const agentIds = this.#members(target);
      const busy = this.#runs
        .filter((run) => WITH_AGENTS.includes(last(run.changes).state))
        .flatMap((run) => run.agentIds.map((agentId) => ({ agentId, assessmentRunArn: run.arn })))
        .filter(({ agentId }) => agentIds.includes(agentId));
      const named = this.#runs.some((run) => run.template === template && run.name === assessmentRunName);
      refuseFor(
        template.rulesPackageArns.length === 0 ? [invalid('INVALID_NUMBER_OF_RULES_PACKAGE_ARNS')] : [],
        named ? [invalid('ASSESSMENT_TEMPLATE_NAME_ALREADY_TAKEN')] : [],
        busy.length > 0
          ? [{ __type: 'AgentsAlreadyRunningAssessmentException', agents: busy, agentsTruncated: false }]
          : [],
      );
      const arn = this.#newArn('AssessmentRun', assessmentRunArn, template.arn);
      const createdAt = this.#now();
      const name = assessmentRunName ?? `Run N for ${template.name}`;
      const collecting = createdAt + 65;
      const planned = [
        { state: 'START_DATA_COLLECTION_PENDING', at: createdAt + 30 },
        { state: 'START_DATA_COLLECTION_IN_PROGRESS', at: createdAt + 31 },
        { state: 'COLLECTING_DATA', at: collecting },
        ...stopping(collecting + template.durationInSeconds * 1000),
      ];
      const run: Run = { arn, createdAt, name, template, agentIds, changes: [], planned, notifications: [] };
      this.#runs.push(run);
      this.#change(run, [{ state: 'CREATED', at: createdAt }]);
      return { assessmentRunArn: arn };
    },
    StopAssessmentRun: ({ assessmentRunArn, stopAction }) => {
      refuseFor(this.#problems('AssessmentRun', assessmentRunArn));
      const run = this.#one(this.#runs, assessmentRunArn);
      if (!this.#isActive(run)) return {};
      const stop = run.planned.findIndex(({ state }) => state === 'STOP_DATA_COLLECTION_PENDING');
      if (stopAction === 'SKIP_EVALUATION') {
        run.planned = [];
        this.#change(run, [{ state: 'CANCELED', at: this.#now() }]);
      } else if (stop !== -1) {
        const before = run.planned.slice(0, stop);
        run.planned = [...before, ...stopping(before.at(-1)?.at ?? this.#now())];
        this.pass();
      }
      return {};
    },
    DeleteAssessmentRun: ({ assessmentRunArn }) => {
      refuseFor(this.#problems('AssessmentRun', assessmentRunArn));
      this.#delete(this.#one(this.#runs, assessmentRunArn).arn);
      return {};
    },
    AddAttributesToFindings: ({ findingArns = [], attributes = [] }) => {
      refuseFor(repeats(keysOf(attributes)) ? [invalid('INVALID_USER_ATTRIBUTE')] : []);
      return this.#changeAttributes(findingArns, (before) => [
        ...before.filter(({ key }) => !keysOf(attributes).includes(key)),
        ...attributes,
      ]);
    },
    RemoveAttributesFromFindings: ({ findingArns = [], attributeKeys = [] }) =>
      this.#changeAttributes(findingArns, (before) => before.filter(({ key }) => !attributeKeys.includes(key))),

    DescribeResourceGroups: ({ resourceGroupArns = [] }) => {
      const { items, failedItems } = this.#described('ResourceGroup', this.#groups, resourceGroupArns);
      return { resourceGroups: items.map((group) => ({ ...group, createdAt: group.createdAt / 1000 })), failedItems };
    },
    DescribeAssessmentTargets: ({ assessmentTargetArns = [] }) => {
      const { items, failedItems } = this.#described('AssessmentTarget', this.#targets, assessmentTargetArns);
      const assessmentTargets = items.map((target) => ({
        ...target,
        createdAt: target.createdAt / 1000,
        updatedAt: target.updatedAt / 1000,
      }));
      return { assessmentTargets, failedItems };
    },
    DescribeAssessmentTemplates: ({ assessmentTemplateArns = [] }) => {
      const { items, failedItems } = this.#described('AssessmentTemplate', this.#templates, assessmentTemplateArns);
      const assessmentTemplates = items.map(({ tags: _, subscriptions: __, ...template }) => {
        const runs = this.#runs.filter((run) => run.template.arn === template.arn);
        return {
          ...template,
          createdAt: template.createdAt / 1000,
          assessmentRunCount: runs.length,
          lastAssessmentRunArn: newestFirst(runs)[0]?.arn,
        };
      });
      return { assessmentTemplates, failedItems };
    },
    DescribeAssessmentRuns: ({ assessmentRunArns = [] }) => {
      const { items, failedItems } = this.#described('AssessmentRun', this.#runs, assessmentRunArns);
      return { assessmentRuns: items.map((run) => this.#describeRun(run)), failedItems };
    },
    DescribeFindings: ({ findingArns = [] }) => {
      const { items, failedItems } = this.#described('Finding', this.#findings, findingArns);
      const findings = items.map(({ run: _, rulesPackageArn: __, ...finding }) => ({
        ...finding,
        createdAt: finding.createdAt / 1000,
        updatedAt: finding.updatedAt / 1000,
      }));
      return { findings, failedItems };
    },

    ListAssessmentTargets: (input, answered) => {
      const pattern = input.filter?.assessmentTargetNamePattern;
      const targets = this.#targets.filter(({ name }) => matches(name, pattern));
      return this.#page('ListAssessmentTargets', 'assessmentTargetArns', input, targets, answered, []);
    },
    ListAssessmentTemplates: (input, answered) => {
      const { assessmentTargetArns = [], filter = {} } = input;
      const templates = this.#templates.filter(
        (template) =>
          isAmong(template.assessmentTargetArn, assessmentTargetArns) &&
          matches(template.name, filter.namePattern) &&
          holdsOneOf(template.rulesPackageArns, filter.rulesPackageArns) &&
          lies(template.durationInSeconds, filter.durationRange?.minSeconds, filter.durationRange?.maxSeconds),
      );
      return this.#page('ListAssessmentTemplates', 'assessmentTemplateArns', input, templates, answered, [
        ...assessmentTargetArns.flatMap((arn) => this.#problems('AssessmentTarget', arn)),
        ...rangeProblems(
          filter.durationRange?.minSeconds,
          filter.durationRange?.maxSeconds,
          'ASSESSMENT_TEMPLATE_DURATION',
        ),
      ]);
    },
    ListAssessmentRuns: (input, answered) => {
      const { assessmentTemplateArns = [], filter = {} } = input;
      const runs = this.#runs.filter(
        (run) =>
          isAmong(run.template.arn, assessmentTemplateArns) &&
          matches(run.name, filter.namePattern) &&
          isAmong(last(run.changes).state, filter.states) &&
          holdsOneOf(run.template.rulesPackageArns, filter.rulesPackageArns) &&
          lies(run.template.durationInSeconds, filter.durationRange?.minSeconds, filter.durationRange?.maxSeconds) &&
          isWithin(entered(run, 'COLLECTING_DATA'), filter.startTimeRange) &&
          isWithin(entered(run, 'COMPLETED'), filter.completionTimeRange) &&
          isWithin(last(run.changes).at, filter.stateChangeTimeRange),
      );
      const { durationRange, startTimeRange, completionTimeRange, stateChangeTimeRange } = filter;
      return this.#page('ListAssessmentRuns', 'assessmentRunArns', input, runs, answered, [
        ...assessmentTemplateArns.flatMap((arn) => this.#problems('AssessmentTemplate', arn)),
        ...rangeProblems(durationRange?.minSeconds, durationRange?.maxSeconds, 'ASSESSMENT_RUN_DURATION'),
        ...timeProblems(startTimeRange, 'ASSESSMENT_RUN_START_TIME'),
        ...timeProblems(completionTimeRange, 'ASSESSMENT_RUN_COMPLETION_TIME'),
        ...timeProblems(stateChangeTimeRange, 'ASSESSMENT_RUN_STATE_CHANGE_TIME'),
      ]);
    },
    ListFindings: (input, answered) => {
      const { assessmentRunArns = [], filter = {} } = input;
      const findings = this.#findings.filter(
        (finding) =>
          isAmong(finding.run.arn, assessmentRunArns) &&
          isAmong(finding.rulesPackageArn, filter.rulesPackageArns) &&
          isWithin(finding.createdAt, filter.creationTimeRange) &&
          (filter.userAttributes ?? []).every(({ key, value }) =>
            finding.userAttributes.some((one) => one.key === key && one.value === value),
          ),
      );
      return this.#page('ListFindings', 'findingArns', input, findings, answered, [
        ...assessmentRunArns.flatMap((arn) => this.#problems('AssessmentRun', arn)),
        // Of creation times the model has no code of their own.
        ...timeProblems(filter.creationTimeRange, 'ASSESSMENT_RUN_COMPLETION_TIME'),
      ]);
    },
  };

  #describeRun(run: Run): Json {
    const { arn, name, template, changes, notifications } = run;
    const completedAt = entered(run, 'COMPLETED');
    const startedAt = entered(run, 'COLLECTING_DATA');
    const informational = this.#isCompleted(run) ? run.agentIds.length * template.rulesPackageArns.length : 0;
    return {
      arn,
      name,
      assessmentTemplateArn: template.arn,
      state: last(changes).state,
      durationInSeconds: template.durationInSeconds,
      rulesPackageArns: template.rulesPackageArns,
      userAttributesForFindings: template.userAttributesForFindings,
      createdAt: run.createdAt / 1000,
      startedAt: startedAt && startedAt / 1000,
      completedAt: completedAt && completedAt / 1000,
      stateChangedAt: last(changes).at / 1000,
      dataCollected: entered(run, 'DATA_COLLECTED') !== undefined,
      stateChanges: changes.map(({ state, at }) => ({ state, stateChangedAt: at / 1000 })),
      notifications,
      findingCounts: { High: 0, Medium: 0, Low: 0, Informational: informational, Undefined: 0 },
    };
  }

  #things(kind: Kind): readonly Thing[] {
    switch (kind) {
      case 'ResourceGroup':
        return this.#groups;
      case 'AssessmentTarget':
        return this.#targets;
      case 'AssessmentTemplate':
        return this.#templates;
      case 'AssessmentRun':
        return this.#runs;
      case 'Finding':
        return this.#findings;
    }
  }

  #find<Of extends Thing>(things: readonly Of[], arn: string | undefined): Of | undefined {
    return things.find((thing) => thing.arn === arn);
  }

  /** What has been found not to be missing. */
  #one<Of extends Thing>(things: readonly Of[], arn: string | undefined): Of {
    const thing = this.#find(things, arn);
    if (!thing) throw new TypeError(`${arn} was to be there`);
    return thing;
  }

  /** What is wrong with an ARN that something is to have; the code is that of the member, which can differ from the kind's. */
  #problems(kind: Kind, arn: string | undefined, member = CODES[kind]): Json[] {
    if (!FORMS[kind].test(arn ?? '')) return [invalid(`INVALID_${member}_ARN`)];
    if (this.#find(this.#things(kind), arn)) return [];
    return [{ __type: 'NoSuchEntityException', errorCode: `${CODES[kind]}_DOES_NOT_EXIST`, canRetry: false }];
  }

  #groupProblems(arn: string | undefined): Json[] {
    return arn === undefined ? [] : this.#problems('ResourceGroup', arn);
  }

  #targetNameProblems(name: string, arn?: string): Json[] {
    const isTaken = this.#targets.some((target) => target.name === name && target.arn !== arn);
    return isTaken ? [invalid('ASSESSMENT_TARGET_NAME_ALREADY_TAKEN')] : [];
  }

  /** The ARN that the service gave, if it can be one; else what tells that it cannot. */
  #newArn(kind: Kind, arn: unknown, parent = ''): string {
    const isNew = typeof arn === 'string' && FORMS[kind].test(arn) && !this.#find(this.#things(kind), arn);
    return isNew && arn.startsWith(parent) ? arn : `a new ARN of kind ${kind}`;
  }

  #members({ resourceGroupArn }: Target): string[] {
    const wanted = this.#find(this.#groups, resourceGroupArn)?.tags;
    return this.#instances
      .filter(({ tags }) => !wanted || wanted.some((tag) => tags.some((one) => same(one, tag))))
      .map(({ instanceId }) => instanceId);
  }

  #isActive(run: Run): boolean {
    return !FINAL.includes(last(run.changes).state);
  }

  #isCompleted(run: Run): boolean {
    return last(run.changes).state === 'COMPLETED';
  }

  #change(run: Run, changes: readonly Change[]): void {
    for (const { state, at } of changes) {
      run.changes.push({ state, at });
      const events = [
        'ASSESSMENT_RUN_STATE_CHANGED',
        ...(state === 'COLLECTING_DATA' ? ['ASSESSMENT_RUN_STARTED'] : []),
        ...(state === 'COMPLETED' ? ['ASSESSMENT_RUN_COMPLETED'] : []),
      ];
      for (const { event, topicArn } of run.template.subscriptions) {
        if (!events.includes(event)) continue;
        const published = { error: true, snsPublishStatusCode: 'TOPIC_DOES_NOT_EXIST' };
        run.notifications.push({ date: at / 1000, event, snsTopicArn: topicArn, ...published });
      }
    }
    run.notifications = run.notifications.slice(-MOST_NOTIFICATIONS);
  }

  /** What has the ARN goes, with all under it. */
  #delete(arn: string): void {
    const isGone = (thing: Thing) => thing.arn === arn || thing.arn.startsWith(`${arn}/`);
    const active = this.#runs.filter((run) => isGone(run) && this.#isActive(run));
    if (active.length > 0) {
      throw new Refusal([
        {
          __type: 'AssessmentRunInProgressException',
          assessmentRunArns: active.map((run) => run.arn),
          assessmentRunArnsTruncated: active.length > MOST,
        },
      ]);
    }
    this.#targets = this.#targets.filter((one) => !isGone(one));
    this.#templates = this.#templates.filter((one) => !isGone(one));
    this.#runs = this.#runs.filter((one) => !isGone(one));
    this.#findings = this.#findings.filter((one) => !isGone(one));
  }

  #described<Of extends Thing>(kind: Kind, things: readonly Of[], arns: readonly string[]) {
    if (arns.some((arn) => !Object.values(FORMS).some((form) => form.test(arn)))) {
      throw new Refusal([invalid(`INVALID_${CODES[kind]}_ARN`)]);
    }
    const failures = arns.flatMap((arn, index) => {
      const failed = (failureCode: string) => [[arn, { failureCode, retryable: false }] as const];
      if (arns.indexOf(arn) < index) return failed('DUPLICATE_ARN');
      if (!FORMS[kind].test(arn)) return failed('INVALID_ARN');
      return this.#find(things, arn) ? [] : failed('ITEM_DOES_NOT_EXIST');
    });
    const items = [...new Set(arns)].flatMap((arn) => this.#find(things, arn) ?? []);
    return { items, failedItems: Object.fromEntries(failures) };
  }

  #changeAttributes(findingArns: readonly string[], change: (before: readonly Pair[]) => readonly Pair[]): Json {
    const { items, failedItems } = this.#described('Finding', this.#findings, findingArns);
    for (const finding of items) {
      const after = change(finding.userAttributes);
      if (after.length > MOST) failedItems[finding.arn] = { failureCode: 'LIMIT_EXCEEDED', retryable: false };
      else Object.assign(finding, { userAttributes: after, updatedAt: this.#now() });
    }
    return { failedItems };
  }

  /** A page of what is left of a list, newest first. The token comes from what the service has answered. */
  #page(
    operation: string,
    member: string,
    { nextToken, maxResults = MOST, ...restrictions }: Input,
    things: readonly Thing[],
    answered: Json,
    problems: readonly Json[],
  ): Json {
    const list = JSON.stringify([operation, restrictions]);
    const token = this.#tokens.get(nextToken ?? '');
    refuseFor(
      problems,
      maxResults < 1 || maxResults > MOST_RESULTS ? [invalid('INVALID_MAX_RESULTS')] : [],
      nextToken !== undefined && token?.list !== list ? [invalid('INVALID_PAGINATION_TOKEN')] : [],
    );
    const left = newestFirst(things).filter((thing) => !token || inListOrder(token.last, thing) < 0);
    const page = left.slice(0, Math.min(maxResults, MOST_ARNS));
    const output = { [member]: page.map(({ arn }) => arn) };
    const end = page.at(-1);
    if (!end || page.length === left.length) return output;
    const { nextToken: next } = answered;
    if (typeof next !== 'string') return { ...output, nextToken: 'a token' };
    this.#tokens.set(next, { list, last: end });
    return { ...output, nextToken: next };
  }
}

function refuseFor(...problems: readonly (readonly Json[])[]): void {
  const errors = problems.flat();
  if (errors.length > 0) throw new Refusal(errors);
}

function invalid(errorCode: string): Json {
  return { __type: 'InvalidInputException', errorCode, canRetry: false };
}

/** The rest of a run that stops collecting at a moment. */
function stopping(at: number): Change[] {
  return [
    { state: 'STOP_DATA_COLLECTION_PENDING', at },
    { state: 'DATA_COLLECTED', at: at + 60_000 },
    { state: 'START_EVALUATING_RULES_PENDING', at: at + 60_001 },
    { state: 'EVALUATING_RULES', at: at + 60_002 },
    { state: 'COMPLETED', at: at + 61_302 },
  ];
}

function last(changes: readonly Change[]): Change {
  const change = changes.at(-1);
  if (!change) throw new TypeError('a run has a state');
  return change;
}

function entered({ changes }: Run, state: string): number | undefined {
  return changes.find((change) => change.state === state)?.at;
}

function keysOf(pairs: readonly Pair[]): string[] {
  return pairs.map(({ key }) => key);
}

function repeats(values: readonly string[]): boolean {
  return new Set(values).size < values.length;
}

function same(one: Pair, other: Pair): boolean {
  return one.key === other.key && one.value === other.value;
}

function inListOrder(one: Thing, other: Thing): number {
  if (one.createdAt !== other.createdAt) return other.createdAt - one.createdAt;
  if (one.arn === other.arn) return 0;
  return one.arn < other.arn ? -1 : 1;
}

function newestFirst<Of extends Thing>(things: readonly Of[]): Of[] {
  return [...things].sort(inListOrder);
}

function isAmong(value: string | undefined, values: readonly string[] = []): boolean {
  return values.length === 0 || (value !== undefined && values.includes(value));
}

function holdsOneOf(held: readonly string[], values: readonly string[] = []): boolean {
  return values.length === 0 || values.some((value) => held.includes(value));
}

function lies(value: number, least = Number.NEGATIVE_INFINITY, most = Number.POSITIVE_INFINITY): boolean {
  return least <= value && value <= most;
}

function isWithin(at: number | undefined, range: TimeRange | undefined): boolean {
  if (range?.beginDate === undefined && range?.endDate === undefined) return true;
  return at !== undefined && lies(at / 1000, range.beginDate, range.endDate);
}

/** `*` stands for any characters, and everything else for itself. */
function matches(name: string, pattern = '*'): boolean {
  const parts = pattern.split('*').map((part) => part.replace(/\W/gu, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`, 's').test(name);
}

function rangeProblems(least: number | undefined, most: number | undefined, what: string): Json[] {
  return least !== undefined && most !== undefined && most < least ? [invalid(`INVALID_${what}_RANGE`)] : [];
}

function timeProblems(range: TimeRange | undefined, what: string): Json[] {
  return rangeProblems(range?.beginDate, range?.endDate, what);
}
