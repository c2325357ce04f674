/**
 * Answers held against the model of the API. It knows `inspector-api.json` and what `docs/service.md` says to differ from it;
 * it must not know the service.
 */
import { inspectorApi, type Shape, shape } from '../../src/model/api.ts';

/** Errors of the protocol, which no operation declares. They have no member but a message. */
const PROTOCOL_ERRORS: ReadonlySet<string> = new Set([
  'IncompleteSignatureException',
  'InvalidSignatureException',
  'MissingAuthenticationTokenException',
  'SerializationException',
  'UnknownOperationException',
  'UnrecognizedClientException',
]);

/** Declared nowhere, and yet what AWS answered (docs/service.md, Role and quotas). */
const UNDECLARED: Readonly<Record<string, string>> = {
  DescribeCrossAccountAccessRole: 'InvalidCrossAccountRoleException',
};

/** The model wants one item in a member that is required, even where there is none (docs/service.md, Lists and descriptions). */
const EMPTY_AT_TIMES = 'ExclusionMap';

/** How far a time of whole milliseconds may be from its seconds as a double. */
const ROUNDING = 1e-3;
/** The seconds of the year 10000, which RFC 3339 has no room for: a time in milliseconds is beyond it. */
const BEYOND_TIME = 253_402_300_800;

/** An answer as it came. */
export interface AnswerAsSent {
  readonly status: number;
  readonly body: string;
}

/** What about an answer of an operation is not as the model says, each as a sentence; nothing where all is. */
export function problemsOf(operation: string, { status, body }: AnswerAsSent): string[] {
  const declared = inspectorApi.operations[operation];
  if (!declared) return [`${operation} is no operation`];
  if (status === 200 && !declared.output) return body === '' ? [] : [`${operation} has no output, but a body`];
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    return [`the body of status ${status} is not JSON`];
  }
  if (status === 200) return problems(declared.output ?? '', json, 'output');
  return problemsOfError(operation, declared.errors, status, json);
}

function problemsOfError(operation: string, declared: readonly string[], status: number, json: unknown): string[] {
  if (!isObject(json)) return ['an error is no object'];
  const { __type: name, ...members } = json;
  if (typeof name !== 'string') return ['an error has no __type'];
  if (PROTOCOL_ERRORS.has(name)) {
    const isPlain = typeof members.message === 'string' && Object.keys(members).length === 1;
    return [...(isPlain ? [] : [`${name} has more than a message`]), ...statusProblems(name, status, 400)];
  }
  if (!declared.includes(name) && UNDECLARED[operation] !== name) return [`${operation} does not declare ${name}`];
  const { smithyHttpError, smithyFault } = shape(name);
  const expected = smithyHttpError ?? (smithyFault === 'server' ? 500 : 400);
  return [...problems(name, members, name), ...statusProblems(name, status, expected)];
}

function statusProblems(name: string, status: number, expected: number): string[] {
  return status === expected ? [] : [`${name} has the status ${status}, not ${expected}`];
}

function problems(name: string, json: unknown, place: string): string[] {
  const expected = shape(name);
  switch (expected.type) {
    case 'structure':
      return isObject(json) ? structureProblems(expected, json, place) : [`${place} is no object`];
    case 'map':
      return isObject(json) ? mapProblems(name, expected, json, place) : [`${place} is no object`];
    case 'list':
      if (!Array.isArray(json)) return [`${place} is no list`];
      return [
        ...boundProblems(expected, json.length, `the number of items of ${place}`),
        ...json.flatMap((item, index) => problems(expected.member ?? '', item, `${place}[${index}]`)),
      ];
    case 'string':
      return typeof json === 'string' ? textProblems(expected, json, place) : [`${place} is no string`];
    case 'boolean':
      return typeof json === 'boolean' ? [] : [`${place} is no boolean`];
    case 'integer':
    case 'long':
      return Number.isSafeInteger(json) ? boundProblems(expected, Number(json), place) : [`${place} is no integer`];
    case 'double':
      return typeof json === 'number' ? boundProblems(expected, json, place) : [`${place} is no number`];
    case 'timestamp':
      return isTime(json) ? [] : [`${place} is no time in seconds and milliseconds`];
  }
}

function structureProblems(expected: Shape, json: Readonly<Record<string, unknown>>, place: string): string[] {
  const members = expected.members ?? {};
  const missing = (expected.required ?? []).filter((member) => !Object.hasOwn(json, member));
  return [
    ...missing.map((member) => `${place}.${member} is missing`),
    ...Object.entries(json).flatMap(([member, value]) => {
      const memberShape = Object.hasOwn(members, member) ? members[member] : undefined;
      return memberShape ? problems(memberShape, value, `${place}.${member}`) : [`${place}.${member} is not known`];
    }),
  ];
}

function mapProblems(name: string, expected: Shape, json: Readonly<Record<string, unknown>>, place: string): string[] {
  const entries = Object.entries(json);
  const mayBeEmpty = entries.length === 0 && name === EMPTY_AT_TIMES;
  return [
    ...(mayBeEmpty ? [] : boundProblems(expected, entries.length, `the number of entries of ${place}`)),
    ...entries.flatMap(([key, value]) => [
      ...problems(expected.key ?? '', key, `a key of ${place}`),
      ...problems(expected.value ?? '', value, `${place}.${key}`),
    ]),
  ];
}

function textProblems(expected: Shape, text: string, place: string): string[] {
  const found = boundProblems(expected, [...text].length, `the length of ${place}`);
  if (expected.enum && !expected.enum.includes(text)) found.push(`${place} is ${text}, which is not one of its values`);
  if (expected.pattern && !new RegExp(`^(?:${expected.pattern})$`).test(text)) {
    found.push(`${place} does not match its pattern`);
  }
  return found;
}

function boundProblems({ min = -Infinity, max = Infinity }: Shape, value: number, what: string): string[] {
  return value >= min && value <= max ? [] : [`${what} is ${value}, not from ${min} to ${max}`];
}

function isTime(json: unknown): boolean {
  if (typeof json !== 'number' || Math.abs(json) >= BEYOND_TIME) return false;
  return Math.abs(json * 1000 - Math.round(json * 1000)) < ROUNDING;
}

function isObject(json: unknown): json is Record<string, unknown> {
  return typeof json === 'object' && json !== null && !Array.isArray(json);
}
