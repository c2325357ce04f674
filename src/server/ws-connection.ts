/**
 * A client over WebSocket, in the protocol graphql-transport-ws. What a connection costs counts ten thousand times: it keeps
 * nothing of the request that opened it but the token until it is known whose that is, and has no timer of its own.
 */
import type { Duplex } from 'node:stream';
import { GraphQLError, getOperationAST } from 'graphql';
import {
  CloseCode,
  type ConnectionInitMessage,
  type Message,
  MessageType,
  type PingMessage,
  parseMessage,
  type SubscribeMessage,
  type SubscribePayload,
} from 'graphql-ws';
import { isAsyncIterable } from 'graphql-yoga';
import type { WebSocket } from 'ws';
import type { Identity } from '../model/identity.ts';
import { type Admission, type Full, STOPPING } from './admission.ts';
import { type Authenticator, tokenOfParams } from './authentication.ts';
import type { Documents } from './documents.ts';
import type { Expiries, Expiring } from './expiries.ts';
import type { Beating, Heartbeat } from './heartbeat.ts';
import { logText } from './log-text.ts';
import type { Yoga } from './operation-context.ts';
import { formatted, resultText } from './result-text.ts';
import type { Payload, Sink, Subscription } from './shared-execution.ts';
import { SharedStream } from './shared-streams.ts';

/** The close code that tells a client to come back: the server is being restarted. */
const SERVICE_RESTART = 1012;
/** The close code that tells a client to come back later: it has read too slowly. */
const TRY_AGAIN_LATER = 1013;
/** The close code for a message that is too long. */
const MESSAGE_TOO_BIG = 1009;
/** How many seconds a client has to initialise its connection. */
const INIT_TIMEOUT = 3;
/** The longest reason that a close frame holds, in bytes. */
const LONGEST_REASON = 123;
/** How many bytes a client may send before it is known who that is. */
const INIT_BYTES = 16 * 1024;
/** A client that has so many bytes to read is not heard before it has: what it says would only be answered by more. */
const DEAF_BYTES = 64 * 1024;
/** The messages that only servers send. */
const OF_SERVERS: ReadonlySet<MessageType> = new Set([MessageType.ConnectionAck, MessageType.Next, MessageType.Error]);

export interface ConnectionOptions {
  /** How many bytes a client may be behind. */
  readonly unsentBytes: number;
  readonly documents: Documents;
  readonly heartbeat: Heartbeat;
  readonly authenticator: Authenticator;
  readonly expiries: Expiries;
  readonly admission: Admission;
  readonly log: (line: string) => void;
}

/** Something that a client has asked for and that is under way. */
interface Operation {
  /** Ends it, for its client wants it no longer or is gone: nothing more is said of it. */
  end(): void;
}

/** A client, until it is gone. */
export class Connection implements Beating, Expiring {
  readonly #socket: WebSocket;
  readonly #stream: Duplex;
  readonly #yoga: Yoga;
  readonly #options: ConnectionOptions;
  /** What is under way, by the IDs that the client has given. */
  readonly #operations = new Map<string, Operation>();
  #subscriptions = 0;
  /** Of the request that opened it. */
  #token: string | undefined;
  #isInitialising = false;
  #strangersBytes = 0;
  /** Who its client is: known when it is initialised. */
  #identity: Identity | undefined;
  #isThere = true;
  /** There is one while the gateway stops. */
  #onClosed: (() => void) | undefined;

  constructor(socket: WebSocket, stream: Duplex, token: string | undefined, yoga: Yoga, options: ConnectionOptions) {
    this.#token = token;
    this.#socket = socket;
    this.#stream = stream;
    this.#yoga = yoga;
    this.#options = options;
    if (!socket.protocol) {
      socket.on('error', () => {});
      socket.close(CloseCode.SubprotocolNotAcceptable, 'Subprotocol not acceptable');
      return;
    }
    options.heartbeat.add(this, INIT_TIMEOUT);
    stream.on('data', this.#onStrangersData);
    socket.on('message', (data) => this.#receive(String(data)));
    socket.on('pong', () => {
      this.#isThere = true;
    });
    // What `ws` refuses, it answers with its close code.
    socket.on('error', () => {});
    stream.on('drain', () => {
      socket.resume();
      for (const operation of this.#operations.values()) if (operation instanceof Subscriber) operation.wake();
    });
    socket.once('close', () => {
      options.heartbeat.delete(this);
      options.expiries.delete(this, this.#identity?.expiresAt);
      this.#onClosed?.();
      this.#endAll();
    });
  }

  /** Whatever a stranger sends is kept until it is a whole message: it is not to be much. */
  readonly #onStrangersData = (data: Buffer): void => {
    this.#strangersBytes += data.length;
    if (this.#identity || this.#strangersBytes <= INIT_BYTES) return;
    this.#close(MESSAGE_TOO_BIG, `A connection may take ${INIT_BYTES} bytes to initialise`);
    // Who has been told so is not waited for.
    this.#stream.end(() => this.#stream.destroy());
  };

  /** How many bytes of what was sent have not gone out. */
  get backlog(): number {
    return this.#stream.writableLength;
  }

  /** Asks the client whether it is there, and lets go of one that has not answered since the last time. */
  beat(): void {
    const identity = this.#identity;
    if (!this.#isThere) this.#socket.terminate();
    else if (!identity) this.#close(CloseCode.ConnectionInitialisationTimeout, 'Connection initialisation timeout');
    else if (this.#options.authenticator.isRevoked(identity)) this.#closeRevoked();
    else this.#socket.ping();
    this.#isThere = false;
  }

  /** Closes behind what has been sent, for the token has ended: the client goes on with another. */
  expire(): void {
    this.#close(CloseCode.Forbidden, 'The token has expired');
  }

  #closeRevoked(): void {
    this.#close(CloseCode.Forbidden, 'The token is revoked');
  }

  /** Ends subscriptions at once, and closes when what else is under way has been answered. Resolves when it is closed. */
  drain(): Promise<void> {
    const closed = new Promise<void>((resolve) => {
      this.#onClosed = resolve;
    });
    for (const [id, operation] of this.#operations) if (operation instanceof Subscriber) this.#end(id);
    this.#closeIfDrained();
    return closed;
  }

  #closeIfDrained(): void {
    if (this.#onClosed && this.#operations.size === 0) this.stop();
  }

  /** Closes so that the client comes back. */
  stop(): void {
    this.#close(SERVICE_RESTART, STOPPING.message);
  }

  /** Closes, for the client does not read what it has asked for. */
  fallBehind(): void {
    this.#close(TRY_AGAIN_LATER, 'Too slow');
  }

  /** Sends a result that many get, with as little work for each of them as can be: one copy, and one write. */
  sendShared(id: string, payload: Payload): void {
    if (this.#socket.readyState === this.#socket.OPEN) this.#stream.write(textFrame(nextOf(id), payload.bytes));
  }

  /** Sends in one piece what is sent meanwhile. */
  together(send: () => void): void {
    this.#stream.cork();
    send();
    this.#stream.uncork();
  }

  /** Counts a subscription that begins, or one that has ended. */
  count(by: 1 | -1): void {
    this.#subscriptions += by;
    if (by > 0) this.#options.admission.addSubscription();
    else this.#options.admission.deleteSubscription();
  }

  /** Says that an operation has ended by itself. */
  complete(id: string): void {
    this.#operations.delete(id);
    this.#send({ id, type: MessageType.Complete });
    this.#closeIfDrained();
  }

  /** Closes behind what has been sent; nothing more is. */
  #close(code: number, reason: string): void {
    this.#endAll();
    this.#onClosed?.();
    this.#socket.close(code, Buffer.byteLength(reason) > LONGEST_REASON ? '' : reason);
  }

  #send(message: object): void {
    this.#write(JSON.stringify(message));
  }

  #write(text: string): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    if (this.backlog <= this.#options.unsentBytes) this.#socket.send(text);
    else this.fallBehind();
  }

  #receive(text: string): void {
    if (this.backlog >= DEAF_BYTES) this.#socket.pause();
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    const message = received(text);
    switch (message?.type) {
      case MessageType.ConnectionInit:
        this.#initialise(message.payload);
        break;
      case MessageType.Ping:
        this.#pong(message.payload ?? undefined);
        break;
      case MessageType.Pong:
        break;
      case MessageType.Subscribe:
        this.#subscribe(message);
        break;
      case MessageType.Complete:
        this.#end(message.id);
        this.#closeIfDrained();
        break;
      default:
        this.#close(CloseCode.BadRequest, 'Invalid message received');
    }
  }

  /** Answers a ping with what it holds; what nests too deeply can be read, but not written. */
  #pong(payload: PingMessage['payload']): void {
    try {
      this.#send({ type: MessageType.Pong, payload });
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      this.#close(CloseCode.BadRequest, 'Invalid message received');
    }
  }

  async #initialise(params: ConnectionInitMessage['payload']): Promise<void> {
    if (this.#isInitialising) {
      this.#close(CloseCode.TooManyInitialisationRequests, 'Too many initialisation requests');
      return;
    }
    this.#isInitialising = true;
    const token = tokenOfParams(params) ?? this.#token;
    this.#token = undefined;
    try {
      const identity = this.#options.authenticator.identify(token);
      // Who is known at once is answered at once, before anything that came along with it is heard.
      this.#acknowledge(identity instanceof Promise ? await identity : identity);
    } catch (error) {
      this.#refuse(error);
    }
  }

  #acknowledge(identity: Identity): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    this.#identity = identity;
    this.#stream.off('data', this.#onStrangersData);
    this.#options.expiries.add(this, identity.expiresAt);
    this.#send({ type: MessageType.ConnectionAck });
  }

  #refuse(error: unknown): void {
    if (!(error instanceof GraphQLError)) this.#fail(error);
    else if (error.extensions.retryable) this.#close(TRY_AGAIN_LATER, error.message);
    else this.#close(CloseCode.Forbidden, error.message);
  }

  #subscribe({ id, payload }: SubscribeMessage): void {
    // The connection is about to be closed, upon which the client asks again elsewhere: an error would be its last word.
    if (this.#onClosed) return;
    if (!this.#identity) this.#close(CloseCode.Unauthorized, 'Unauthorized');
    else if (this.#options.authenticator.isRevoked(this.#identity)) this.#closeRevoked();
    else if (!this.#operations.has(id)) this.#begin(id, payload, this.#identity);
    else this.#close(CloseCode.SubscriberAlreadyExists, `Subscriber for ${id} already exists`);
  }

  async #begin(id: string, params: SubscribePayload, identity: Identity): Promise<void> {
    const full = this.#options.admission.operationRefusal(this.#operations.size - this.#subscriptions);
    const begun = new Begun();
    this.#operations.set(id, begun);
    const isWanted = () => this.#operations.get(id) === begun;
    try {
      if (full) throw refused(full);
      const result = await perform(this.#yoga, this.#options.documents, params, identity, begun);
      if (!isWanted()) return;
      if (result instanceof SharedStream) {
        const full = this.#options.admission.subscriptionRefusal(this.#subscriptions);
        if (full) throw refused(full);
        if (this.#onClosed) {
          this.#end(id);
          this.#closeIfDrained();
          return;
        }
        const subscriber = new Subscriber(this, id);
        this.#operations.set(id, subscriber);
        subscriber.join(result);
        return;
      }
      for await (const part of isAsyncIterable(result) ? result : [result]) {
        if (!isWanted()) return;
        this.#write(`${nextOf(id)}${resultText(part)}}`);
      }
      if (isWanted()) this.complete(id);
    } catch (error) {
      if (!isWanted()) return;
      const errors = Array.isArray(error) ? error : [error];
      if (!errors.every((each) => each instanceof GraphQLError)) return this.#fail(error);
      this.#operations.delete(id);
      this.#send({ id, type: MessageType.Error, payload: errors.map(formatted) });
      this.#closeIfDrained();
    }
  }

  /** Faults of the program are not for clients. */
  #fail(error: unknown): void {
    this.#options.log(`ws: ${logText(error)}`);
    this.#close(CloseCode.InternalServerError, 'Internal server error');
  }

  #end(id: string): void {
    this.#operations.get(id)?.end();
    this.#operations.delete(id);
  }

  #endAll(): void {
    for (const operation of this.#operations.values()) operation.end();
    this.#operations.clear();
  }
}

/** An operation that is answered to this client alone, or not known yet to be shared. */
class Begun implements Operation {
  /** Made when it is needed: most operations turn out to be shared. */
  #made: AbortController | undefined;

  get #stop(): AbortController {
    this.#made ??= new AbortController();
    return this.#made;
  }

  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  end(): void {
    this.#stop.abort();
  }
}

/** A client's part in a subscription. */
class Subscriber implements Operation, Sink {
  readonly #connection: Connection;
  readonly #id: string;
  #subscription: Subscription | undefined;

  constructor(connection: Connection, id: string) {
    this.#connection = connection;
    this.#id = id;
  }

  join(stream: SharedStream): void {
    this.#connection.count(1);
    // What has been already comes at once.
    this.#connection.together(() => {
      this.#subscription = stream.join(this);
    });
  }

  wake(): void {
    this.#subscription?.wake();
  }

  end(): void {
    this.#connection.count(-1);
    this.#subscription?.leave();
  }

  get backlog(): number {
    return this.#connection.backlog;
  }

  next(payload: Payload): void {
    this.#connection.sendShared(this.#id, payload);
  }

  complete(): void {
    this.#connection.count(-1);
    this.#connection.complete(this.#id);
  }

  overflow(): void {
    this.#connection.fallBehind();
  }
}

/** Executes an operation. Throws what is wrong with its text, one error or several. */
async function perform(yoga: Yoga, documents: Documents, params: SubscribePayload, identity: Identity, begun: Begun) {
  const { schema, execute, subscribe, contextFactory, parse, validate } = yoga.getEnveloped({
    params,
    identity,
  });
  const document = parse(documents.textOf(params) ?? '');
  const errors = validate(schema, document);
  if (errors.length > 0) throw errors;
  const { operationName, variables: variableValues } = params;
  const operation = getOperationAST(document, operationName);
  if (!operation) throw unknownOperation();
  const isSubscription = operation.operation === 'subscription';
  // What is shared does not end with one of its clients.
  const contextValue = await contextFactory(isSubscription ? {} : { signal: begun.signal });
  const args = { schema, document, operationName, variableValues, contextValue };
  return isSubscription ? subscribe(args) : execute(args);
}

/** A message that a client may send; `undefined` for anything else. */
function received(text: string): Message | undefined {
  try {
    const message = parseMessage(text);
    return OF_SERVERS.has(message.type) ? undefined : message;
  } catch {
    return undefined;
  }
}

/** The beginning of a message that holds a result. */
function nextOf(id: string): string {
  return `{"id":${JSON.stringify(id)},"type":"next","payload":`;
}

/** The frame of a message that begins so, goes on so, and ends with a brace. */
function textFrame(start: string, body: Buffer): Buffer {
  const startLength = Buffer.byteLength(start);
  const length = startLength + body.length + 1;
  const headLength = length < 126 ? 2 : length < 65_536 ? 4 : 10;
  const frame = Buffer.allocUnsafe(headLength + length);
  frame[0] = 0x81;
  frame[1] = headLength === 2 ? length : headLength === 4 ? 126 : 127;
  if (headLength === 4) frame.writeUInt16BE(length, 2);
  if (headLength === 10) frame.writeBigUInt64BE(BigInt(length), 2);
  frame.write(start, headLength);
  body.copy(frame, headLength + startLength);
  frame[frame.length - 1] = 0x7d;
  return frame;
}

function refused({ code, message }: Full): GraphQLError {
  return new GraphQLError(message, { extensions: { code, retryable: true } });
}

/** As Yoga says it over HTTP. */
function unknownOperation(): GraphQLError {
  return new GraphQLError('Could not determine what operation to execute.', {
    extensions: { code: 'OPERATION_RESOLUTION_FAILURE' },
  });
}
