/**
 * What all runs do, with nothing but fetch: server-sent events, read as they come. When the connection is lost it connects
 * again and goes on behind the last event's cursor, so that no event is missed.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { Failure, runExample } from './command.mjs';

const FollowActivity = /* GraphQL */ `
  subscription FollowActivity($target: ID, $template: ID, $after: String) {
    assessmentRunActivity(targetId: $target, templateId: $template, after: $after) {
      cursor
      key
      kind
      state
      stateChangedAt
      assessmentRun { name }
    }
  }
`;

/** How often a lost connection is tried anew, and how long after the other, in milliseconds. */
const ATTEMPTS = 10;
const PAUSE = 1_000;

await runExample({
  command: 'node examples/activity.mjs',
  about: 'Prints every state change of all runs, those that start later included, until Ctrl-C.',
  options: { target: 'the ARN of a target: only its runs', template: 'the ARN of a template: only its runs' },
  async work({ url, headers, values: { target, template }, signal }) {
    // Behind a cursor an event may come a second time: it is known by its key.
    const printed = new Set();
    let after;
    // The first connection is not tried twice: then there is no gateway.
    let attempts = ATTEMPTS;
    for (; !signal.aborted; attempts += 1) {
      try {
        const body = await connect(url, headers, { target, template, after }, signal);
        attempts = 0;
        for await (const event of events(body)) {
          after = event.cursor;
          if (!printed.has(event.key)) print(event);
          printed.add(event.key);
        }
      } catch (error) {
        if (signal.aborted) return;
        if (error instanceof Failure || attempts >= ATTEMPTS) throw error;
      }
      await pause(PAUSE, undefined, { signal }).catch(() => {});
    }
  },
});

function print({ kind, state, stateChangedAt, assessmentRun }) {
  console.log([stateChangedAt ?? '', state ?? kind, assessmentRun?.name ?? 'a run that was deleted'].join('  '));
}

/** Subscribes; resolves to the bytes that come. */
async function connect(url, headers, variables, signal) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'text/event-stream, application/json', ...headers },
    body: JSON.stringify({ query: FollowActivity, variables }),
    signal,
  });
  if (!response.headers.get('content-type')?.startsWith('text/event-stream')) {
    const { errors } = await response.json().catch(() => ({}));
    const said = errors?.map(({ message }) => message).join('\n');
    throw new Failure(said ?? `The gateway answered with status ${response.status} and no events.`);
  }
  return response.body;
}

/** What the subscription says: each `next` event holds an answer, as a response to a query would. */
async function* events(body) {
  for await (const { event, data } of serverSentEvents(body)) {
    if (event !== 'next') continue;
    const { data: answer, errors } = JSON.parse(data);
    if (errors) throw new Failure(errors.map(({ message }) => message).join('\n'));
    yield answer.assessmentRunActivity;
  }
}

/** Cuts a stream of bytes into events: fields in lines, an empty line behind each event, comments to keep it alive. */
async function* serverSentEvents(body) {
  let rest = '';
  for await (const text of body.pipeThrough(new TextDecoderStream())) {
    const blocks = (rest + text).split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const fields = block.split('\n').map((field) => /^(\w+): ?(.*)$/.exec(field) ?? []);
      const values = (name) => fields.filter(([, key]) => key === name).map(([, , value]) => value);
      yield { event: values('event').at(-1), data: values('data').join('\n') };
    }
  }
}
