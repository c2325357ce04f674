/** A look into a process of Node from outside, through its inspector. It must not know what the process does. */
import { once } from 'node:events';
import { WebSocket } from 'ws';

/** Lets a process be looked into; it says on its error output where. */
export const INSPECTED = { NODE_OPTIONS: '--inspect=127.0.0.1:0' } as const;
export const LISTENING = /Debugger listening on (\S+)/;

export class Inspector implements Disposable {
  readonly #socket: WebSocket;
  /** A process that has ended answers nothing more. */
  readonly #ended = new AbortController();
  #asked = 0;

  constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.once('close', () => this.#ended.abort());
  }

  /** Frees what nobody holds any more. */
  async collectGarbage(): Promise<void> {
    await this.#ask('HeapProfiler.collectGarbage');
  }

  /** What is in use of the JavaScript heap, in bytes. */
  async heap(): Promise<number> {
    const { usedSize } = await this.#ask<{ readonly usedSize: number }>('Runtime.getHeapUsage');
    return usedSize;
  }

  [Symbol.dispose](): void {
    this.#socket.terminate();
  }

  async #ask<Answer>(method: string): Promise<Answer> {
    this.#asked += 1;
    const answered = once(this.#socket, 'message', { signal: this.#ended.signal });
    this.#socket.send(JSON.stringify({ id: this.#asked, method }));
    const [data] = await answered;
    const { result, error } = JSON.parse(String(data));
    if (error) throw new Error(`${method}: ${error.message}`);
    return result;
  }
}

export async function inspect(url: string): Promise<Inspector> {
  const socket = new WebSocket(url);
  await once(socket, 'open');
  return new Inspector(socket);
}
