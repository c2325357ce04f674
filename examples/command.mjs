/** What the examples share: arguments, usage, Ctrl-C, and one sentence where something fails. It must not know GraphQL. */
import { parseArgs } from 'node:util';

/** Where `npm start` listens unless it is told otherwise. */
const DEFAULT_URL = 'http://127.0.0.1:4000/graphql';
/** Arguments are seen by whoever lists the processes of the machine; variables are not. */
const TOKEN = 'GRAPHQL_TOKEN holds the token, where the gateway asks for one.';
/** What shells say of a command that Ctrl-C has ended. */
const INTERRUPTED = 130;

/** Something that the user can mend: its message is shown without a stack. */
export class Failure extends Error {}

/**
 * Runs an example: `work` gets the URL of the gateway, headers that say who asks, its own arguments, and a signal that
 * Ctrl-C aborts.
 *
 * @param {{
 *   command: string,
 *   about: string,
 *   work: (run: {
 *     url: string,
 *     headers: Record<string, string>,
 *     values: Record<string, string | undefined>,
 *     signal: AbortSignal,
 *   }) => Promise<void>,
 *   options?: Record<string, string>,
 * }} example `options` maps each option of the example's own to what it is.
 */
export async function runExample({ command, about, work, options = {} }) {
  const all = { ...options, url: `the gateway; GRAPHQL_URL where it is left out, else ${DEFAULT_URL}` };
  const interrupt = new AbortController();
  process.once('SIGINT', () => interrupt.abort());
  try {
    const { help, ...values } = readArguments(Object.keys(all));
    if (help) {
      const lines = Object.entries(all).map(([name, what]) => `  --${name.padEnd(10)} ${what}`);
      console.log([`Usage: ${command} [options]`, '', about, '', ...lines, '', TOKEN].join('\n'));
      return;
    }
    const url = values.url ?? process.env.GRAPHQL_URL ?? DEFAULT_URL;
    if (!URL.canParse(url)) throw new Failure(`${JSON.stringify(url)} is not a URL.`);
    const token = process.env.GRAPHQL_TOKEN;
    const headers = token ? { Authorization: `Bearer ${token}` } : {};
    await work({ url, headers, values, signal: interrupt.signal }).catch((error) => {
      throw isUnreachable(error) ? new Failure(`No gateway answers at ${url}; \`npm start\` starts one.`) : error;
    });
  } catch (error) {
    if (interrupt.signal.aborted) process.exitCode = INTERRUPTED;
    // Whoever read the output, as `head` does, has had enough.
    else if (error.code !== 'EPIPE') {
      console.error(error instanceof Failure ? error.message : error);
      process.exitCode = 1;
    }
  }
}

/** @param {readonly string[]} names */
function readArguments(names) {
  const strings = names.map((name) => [name, { type: /** @type {const} */ ('string') }]);
  try {
    return parseArgs({ options: { help: { type: 'boolean' }, ...Object.fromEntries(strings) } }).values;
  } catch (error) {
    throw new Failure(`${error.message.split('.')[0]}; --help says what there is.`);
  }
}

/** Whether a request failed without an answer: then `fetch` throws a TypeError that says why in its cause; clients wrap it. */
function isUnreachable(error) {
  const thrown = error.networkError ?? error;
  return thrown instanceof TypeError && thrown.cause !== undefined;
}
