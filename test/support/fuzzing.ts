/** Requests as no client would send them, and what a service makes of them. It must not know how the service reads anything. */
import { connect } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { inspectorApi, shape } from '../../src/model/api.ts';
import { FakeClock } from './fake-clock.ts';
import { headersOf, sendRaw } from './raw-request.ts';
import { startTestService, type TestService } from './service.ts';

/** What came of it. */
export interface FuzzReport {
  readonly requests: number;
  /** How often each status was answered; 0 stands for a connection that was closed without an answer. */
  readonly statuses: Readonly<Record<string, number>>;
  /** What a service must not do, each as a sentence. */
  readonly failures: readonly string[];
  /** Megabytes that the process still uses, now and then during the requests. */
  readonly memory: readonly number[];
}

type After = 'wait' | 'end' | 'go away';

/** A request's bytes, in the packets that they are sent in. */
interface Packets {
  readonly packets: readonly Buffer[];
  /** What the client does then: waits, says that nothing more comes, or goes away. */
  readonly after: After;
}

/** How long a service may take over a request, in milliseconds. */
const PATIENCE_MS = 10_000;
/** How often the memory is looked at. */
const LOOKS = 10;
const AT_ONCE = 4;
/** What stands in for JSON that JSON.stringify would not write. */
const UNWRITABLE = '"unwritable"';
const UNWRITTEN = [
  '1e999',
  '-1e999',
  '1e308',
  '123456789012345678901234567890',
  '-0',
  '"\\ud800"',
  '"\\u0000"',
  '0x10',
];
const DEPTH = 20_000;

/** Sends so many requests, which follow from the seed, to a service with the sample account. */
export async function fuzz(requests: number, seed: number): Promise<FuzzReport> {
  await using stack = await startTestService({ clock: new FakeClock(), log: () => {} });
  const arns = await someArns(stack);
  const statuses: Record<string, number> = {};
  const failures: string[] = [];
  const memory: number[] = [];
  const round = Math.ceil(requests / LOOKS);
  for (let sent = 0; sent < requests; sent += round) {
    const size = Math.min(round, requests - sent);
    const waiting = fc.sample(requestTo(stack, arns), { numRuns: size, seed: seed + sent });
    const work = async () => {
      for (let next = waiting.pop(); next; next = waiting.pop()) {
        const { status, failure } = await exchange(stack.service.endpoint, next);
        statuses[status] = (statuses[status] ?? 0) + 1;
        if (failure !== undefined)
          failures.push(`${failure}: ${Buffer.concat(next.packets).toString().slice(0, 2_000)}`);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    memory.push(usedMemory());
  }
  const good = await sendRaw(stack, { operation: 'ListAssessmentTargets' });
  if (good.status !== 200) failures.push(`In the end a good request was answered with status ${good.status}.`);
  return { requests, statuses, failures, memory };
}

/** A few ARNs of what there is, by the end of the name of a member that takes one. */
async function someArns(stack: TestService): Promise<Readonly<Record<string, readonly string[]>>> {
  const arns: Record<string, readonly string[]> = {};
  for (const [operation, member] of [
    ['ListAssessmentTargets', 'assessmentTargetArn'],
    ['ListAssessmentTemplates', 'assessmentTemplateArn'],
    ['ListAssessmentRuns', 'assessmentRunArn'],
    ['ListFindings', 'findingArn'],
    ['ListRulesPackages', 'rulesPackageArn'],
  ] as const) {
    const { json } = await sendRaw(stack, { operation });
    arns[member] = json[`${member}s`] as readonly string[];
  }
  return { ...arns, resourceArn: arns.assessmentTemplateArn ?? [], previewAgentsArn: arns.assessmentTargetArn ?? [] };
}

/** An input that could be meant: every member is there, as the model has it. */
function wholeInput(name: string, arns: Readonly<Record<string, readonly string[]>>, member = ''): unknown {
  const { type, members = {}, member: item = '', enum: values, min = 1 } = shape(name);
  switch (type) {
    case 'structure':
      return Object.fromEntries(
        Object.entries(members)
          .filter(([key]) => key !== 'nextToken')
          .map(([key, inside]) => [key, wholeInput(inside, arns, key)]),
      );
    case 'list':
      return [wholeInput(item, arns, member.replace(/s$/, ''))];
    case 'string':
      return values?.[0] ?? arns[member]?.[0] ?? 'a'.repeat(Math.max(min, 1));
    case 'timestamp':
      return 0;
    default:
      return min;
  }
}

const strange: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    -1,
    0.5,
    2 ** 53,
    8.64e15,
    '',
    [],
    {},
    [null],
    [[]],
    { constructor: 1 },
    'x'.repeat(5_000),
    Array(2_000).fill('x'),
    'unwritable',
    '../../../etc/passwd',
    "'; DROP TABLE findings; --",
    '*'.repeat(140),
  ),
  fc.jsonValue({ maxDepth: 3 }),
  fc.string({ unit: 'binary', maxLength: 300 }),
);

/** Something strange in the place of one of the values in `json`, which `choice` picks, or of the whole. */
function spoil(json: unknown, choice: number, value: unknown): unknown {
  if (typeof json !== 'object' || json === null || choice % 7 === 6) return value;
  const entries = Object.entries(json);
  const [key] = entries[choice % Math.max(1, entries.length)] ?? [];
  if (key === undefined) return value;
  const spoiled = spoil(Reflect.get(json, key), Math.floor(choice / 7), value);
  if (Array.isArray(json)) return json.map((each, index) => (String(index) === key ? spoiled : each));
  return { ...json, [key]: spoiled };
}

const OPERATIONS = Object.keys(inspectorApi.operations);

function requestTo(stack: TestService, arns: Readonly<Record<string, readonly string[]>>): fc.Arbitrary<Packets> {
  const { host } = new URL(stack.service.endpoint);
  const operation = fc.constantFrom(...OPERATIONS);
  const bytes = fc.uint8Array({ maxLength: 2_000 }).map((array) => Buffer.from(array));
  const choice = fc.nat(7 ** 5);
  const signed = (name: string, body: string | Buffer, headers: Readonly<Record<string, string | undefined>> = {}) =>
    written('POST /', headersOf(stack, { operation: name, body, headers }), Buffer.from(body));
  const whole = (name: string) => wholeInput(inspectorApi.operations[name]?.input ?? 'ListFindingsRequest', arns);

  const strangeInput = fc
    .tuple(operation, fc.array(fc.tuple(choice, strange), { maxLength: 3 }), fc.constantFrom(...UNWRITTEN))
    .map(([name, spoils, unwritten]) => {
      const json = spoils.reduce<unknown>((input, [where, value]) => spoil(input, where, value), whole(name));
      return signed(name, JSON.stringify(json).replaceAll(UNWRITABLE, unwritten));
    });
  const truncated = fc.tuple(operation, fc.nat(500)).map(([name, length]) => {
    return signed(name, JSON.stringify(whole(name)).slice(0, length));
  });
  const anyBody = fc.tuple(operation, bytes).map(([name, body]) => signed(name, body));
  const deep = fc
    .tuple(operation, choice, fc.constantFrom('[', '{"a":', '{"filter":'), fc.boolean())
    .map(([name, where, open, closed]) => {
      const nested = open.repeat(DEPTH) + (closed ? `1${(open === '[' ? ']' : '}').repeat(DEPTH)}` : '');
      return signed(name, JSON.stringify(spoil(whole(name), where, 'unwritable')).replaceAll(UNWRITABLE, nested));
    });
  const long = operation.map((name) => signed(name, `{"a":"${'a'.repeat(1_100_000)}"}`));
  const headerName = fc.constantFrom(
    'authorization',
    'content-length',
    'content-type',
    'expect',
    'host',
    'transfer-encoding',
    'connection',
    'x-amz-date',
    'x-amz-security-token',
    'x-amz-target',
    'upgrade',
    'x-other',
  );
  const headerValue = fc.oneof(
    fc.constantFrom(
      '',
      ' ',
      '-1',
      '99999999999999999999',
      'chunked, chunked',
      '100-continue',
      'close, keep-alive',
      'websocket',
      'a'.repeat(20_000),
      'AWS4-HMAC-SHA256 Credential=////, SignedHeaders=;;;, Signature=',
      'AWS4-HMAC-SHA256 Credential=a/b/c/d/e, SignedHeaders=host, Signature=0',
      'InspectorService.',
      'InspectorService.__proto__',
      'InspectorAdmin.__proto__',
      'application/x-amz-json-1.1;;;',
      '20261399T999999Z',
    ),
    fc.string({ unit: 'binary-ascii', maxLength: 100 }),
    fc.string({ unit: 'binary', maxLength: 100 }),
  );
  const strangeHeaders = fc
    .tuple(operation, fc.array(fc.tuple(headerName, headerValue), { minLength: 1, maxLength: 3 }))
    .map(([name, strangers]) => {
      const headers = { ...headersOf(stack, { operation: name }), ...Object.fromEntries(strangers) };
      return written('POST /', headers, Buffer.from('{}'));
    });
  const strangeLine = fc
    .tuple(
      fc.constantFrom('GET', 'POST', 'PUT', 'HEAD', 'OPTIONS', 'CONNECT', 'TRACE', 'post', 'PRI'),
      fc.oneof(
        fc.constantFrom(
          '/',
          '*',
          '//',
          '/%',
          '/reports/',
          '/reports/%ff',
          '/reports/?expires=9&signature=',
          'http://x/',
        ),
        fc.string({ unit: 'binary-ascii', maxLength: 100 }).map((text) => `/${text}`),
        fc.webQueryParameters().map((query) => `/reports/00000000-0000-4000-8000-000000000000?${query}`),
      ),
    )
    .map(([method, path]) => written(`${method} ${path}`, headersOf(stack, {}), Buffer.from('{}')));
  const changedBytes = fc
    .tuple(operation, fc.array(fc.tuple(fc.nat(5_000), fc.nat(255)), { minLength: 1, maxLength: 8 }))
    .map(([name, changes]) => {
      const request = signed(name, JSON.stringify(whole(name)));
      for (const [where, byte] of changes) request[where % request.length] = byte;
      return request;
    });
  const halfChunk = bytes.map((body) =>
    written('POST /', { host, 'transfer-encoding': 'chunked', 'x-amz-target': 'InspectorService.ListFindings' }, body),
  );
  const complete = fc.oneof(
    { weight: 10, arbitrary: strangeInput },
    { weight: 3, arbitrary: truncated },
    { weight: 3, arbitrary: anyBody },
    { weight: 1, arbitrary: deep },
    { weight: 1, arbitrary: long },
  );
  const broken = fc.oneof(
    { weight: 4, arbitrary: strangeHeaders },
    { weight: 3, arbitrary: strangeLine },
    { weight: 3, arbitrary: changedBytes },
    { weight: 1, arbitrary: halfChunk },
    { weight: 1, arbitrary: bytes },
  );
  const sent = (request: fc.Arbitrary<Buffer>, ...afters: readonly After[]): fc.Arbitrary<Packets> =>
    fc.record({
      packets: fc.tuple(request, fc.array(fc.nat(1_000), { maxLength: 4 })).map(cut),
      after: fc.constantFrom(...afters),
    });
  return fc.oneof(
    { weight: 7, arbitrary: sent(complete, 'wait', 'wait', 'wait', 'wait', 'end', 'go away') },
    // What may be no whole request could be waited for in vain, by either side.
    { weight: 4, arbitrary: sent(broken, 'end', 'end', 'go away') },
  );
}

function written(line: string, headers: Readonly<Record<string, string>>, body: Buffer): Buffer {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.concat([Buffer.from(`${line} HTTP/1.1\r\n${lines.join('')}\r\n`), body]);
}

function cut([request, lengths]: readonly [Buffer, readonly number[]]): Buffer[] {
  const packets: Buffer[] = [];
  let begun = 0;
  for (const length of lengths) {
    packets.push(request.subarray(begun, begun + length));
    begun += length;
  }
  return [...packets, request.subarray(begun)];
}

/** Sends a request and waits for its answer, or for the end of the connection. */
async function exchange(endpoint: string, { packets, after }: Packets): Promise<{ status: number; failure?: string }> {
  const { hostname, port } = new URL(endpoint);
  const socket = connect({ port: Number(port), host: hostname, noDelay: true, allowHalfOpen: true });
  const chunks: Buffer[] = [];
  const done = new Promise<boolean>((resolve) => {
    const timer = setTimeout(() => resolve(false), PATIENCE_MS);
    const end = () => {
      clearTimeout(timer);
      resolve(true);
    };
    socket.on('data', (chunk) => {
      chunks.push(chunk);
      if (isWhole(Buffer.concat(chunks))) end();
    });
    socket.on('end', end);
    socket.on('close', end);
    // A service may close on what it does not read.
    socket.on('error', end);
  });
  for (const packet of packets) {
    if (!socket.writable) break;
    socket.write(packet);
    await setImmediate();
  }
  if (after === 'go away') socket.destroy();
  if (after === 'end') socket.end();
  const isDone = await done;
  socket.destroy();
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(Buffer.concat(chunks).toString('latin1'))?.[1] ?? 0);
  if (!isDone) return { status, failure: 'The service neither answered nor closed' };
  return status >= 500 ? { status, failure: `The service answered ${Buffer.concat(chunks)} to` } : { status };
}

/** Whether an answer has all the bytes that its head promises; one that is not the last, 100, is no answer. */
function isWhole(answer: Buffer): boolean {
  const text = answer.toString('latin1');
  const head = text.indexOf('\r\n\r\n');
  if (head === -1 || text.startsWith('HTTP/1.1 100')) return false;
  const length = /\r\ncontent-length: (\d+)/i.exec(text.slice(0, head))?.[1];
  return length !== undefined && answer.length >= head + 4 + Number(length);
}

function usedMemory(): number {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
  const { heapUsed, external } = process.memoryUsage();
  return Math.round((heapUsed + external) / 2 ** 20);
}
