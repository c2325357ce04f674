/** An example as its users start it: `node examples/<name>.mjs` in a process of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { resolve } from 'node:path';

const EXAMPLES = resolve(import.meta.dirname, '../../examples');
/** How long an example may live, in milliseconds: a test that fails leaves nothing behind. */
const LIFETIME = 50_000;

/** What an example has left when it has ended. */
export interface Ended {
  readonly code: number | null;
  readonly output: string;
  readonly errors: string;
}

/** An example that runs. Disposing of it kills it. */
export class Example implements Disposable {
  readonly #child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** What it has printed. */
  output = '';

  constructor(name: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    // Nothing of the tester's own settings may reach the example.
    this.#child = spawn(process.execPath, [resolve(EXAMPLES, `${name}.mjs`), ...args], {
      env: { PATH: process.env.PATH, ...env },
      timeout: LIFETIME,
      killSignal: 'SIGKILL',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let errors = '';
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.output += text;
    });
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      errors += text;
    });
    this.ended = new Promise((settle, reject) => {
      this.#child.once('error', reject);
      this.#child.once('close', (code) => settle({ code, output: this.output, errors }));
    });
  }

  /** Presses Ctrl-C; resolves when the example has ended. */
  interrupt(): Promise<Ended> {
    this.#child.kill('SIGINT');
    return this.ended;
  }

  [Symbol.dispose](): void {
    this.#child.kill('SIGKILL');
  }
}
