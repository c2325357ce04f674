/**
 * Signed requests as bytes, and a client that costs next to nothing: what is measured is the server. It must not know what
 * an operation means.
 */
import { connect, type Socket } from 'node:net';
import { authorization, type Signer, sha256 } from '../../test/support/signature.ts';

/** A service and who may ask it. */
export interface Client extends Signer {
  readonly endpoint: string;
}

/** A request as the AWS SDK for JavaScript sends it, signed now. */
export function signedRequest(client: Client, operation: string, input: object): Buffer {
  const { host } = new URL(client.endpoint);
  const body = JSON.stringify(input);
  const time = `${new Date().toISOString().slice(0, 19).replace(/[-:]/g, '')}Z`;
  const headers: Record<string, string> = {
    'amz-sdk-invocation-id': '4f9e2f7c-6d6b-4d0f-8a3e-3c7a5f1f6c11',
    'amz-sdk-request': 'attempt=1; max=3',
    'content-length': String(Buffer.byteLength(body)),
    'content-type': 'application/x-amz-json-1.1',
    host,
    'x-amz-content-sha256': sha256(body),
    'x-amz-date': time,
    'x-amz-target': `InspectorService.${operation}`,
    'x-amz-user-agent': 'aws-sdk-js/3.523.0',
  };
  const lines = [...Object.entries(headers), ['authorization', authorization(client, time, headers, body)]].map(
    ([name, value]) => `${name}: ${value}`,
  );
  return Buffer.from(`POST / HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n${body}`);
}

/** One connection that is kept alive; one request at a time. */
export class Connection {
  readonly #socket: Socket;
  #parts: Buffer[] = [];
  #length = 0;
  #expected = 0;
  #settle: { resolve: (answer: Buffer) => void; reject: (error: Error) => void } | undefined;

  constructor(endpoint: string) {
    const { hostname, port } = new URL(endpoint);
    this.#socket = connect({ host: hostname, port: Number(port), noDelay: true });
    this.#socket.on('data', (part) => this.#receive(part));
    this.#socket.on('error', (error) => this.#settle?.reject(error));
    this.#socket.on('close', () => this.#settle?.reject(new Error('the server has closed the connection')));
  }

  /** The whole answer, head and body. */
  send(request: Buffer): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
      this.#socket.write(request);
    });
  }

  /** The JSON of an answer that must be a success; null where it has none. */
  async json<Answer>(request: Buffer): Promise<Answer> {
    const answer = (await this.send(request)).toString();
    const body = answer.slice(answer.indexOf('\r\n\r\n') + 4);
    if (!answer.startsWith('HTTP/1.1 200')) throw new Error(body);
    return JSON.parse(body || 'null');
  }

  close(): void {
    this.#settle = undefined;
    this.#socket.destroy();
  }

  #receive(part: Buffer): void {
    if (this.#length === 0) {
      const head = part.toString('latin1', 0, 512);
      const [, length] = /content-length: (\d+)/i.exec(head) ?? [];
      this.#expected = head.indexOf('\r\n\r\n') + 4 + Number(length);
    }
    this.#parts.push(part);
    this.#length += part.length;
    if (this.#length < this.#expected) return;
    const answer = this.#parts.length === 1 ? part : Buffer.concat(this.#parts);
    this.#parts = [];
    this.#length = 0;
    this.#settle?.resolve(answer);
  }
}

/** Requests per second over several connections for so many milliseconds; the requests are sent in turn. */
export async function throughput(
  endpoint: string,
  requests: readonly Buffer[],
  { connections = 8, milliseconds = 2_000 } = {},
): Promise<number> {
  const open = Array.from({ length: connections }, () => new Connection(endpoint));
  const begun = performance.now();
  let answered = 0;
  let next = 0;
  await Promise.all(
    open.map(async (connection) => {
      while (performance.now() - begun < milliseconds) {
        await connection.send(requests[next++ % requests.length] as Buffer);
        answered += 1;
      }
    }),
  );
  const seconds = (performance.now() - begun) / 1000;
  for (const connection of open) connection.close();
  return answered / seconds;
}

/** The middle of some numbers. */
export function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
