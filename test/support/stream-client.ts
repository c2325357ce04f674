/**
 * A client of a stream whose connections break again and again, at moments that follow from a seed, and that comes back with the
 * place where it was. It must not know what its runs have really done.
 */
import {
  type Line,
  openEvents,
  type Stage,
  type StreamListener,
  type StreamRequest,
  type StreamResult,
  WebSocketLine,
} from './stream-lines.ts';

/** What a client has received of a stream, each event once: those that are marked as replayed and that it had are left out. */
export interface StreamEvent {
  readonly kind: 'STATE_CHANGE' | 'HISTORY_TRUNCATED' | 'RUN_DELETED';
  readonly key: string;
  /** The place behind it, selected or, over SSE, as the event's id. */
  readonly cursor: string;
  readonly state: string | null;
  readonly replayed: boolean;
}

/** What a client follows, and what it wants to know. */
export interface Subscription {
  readonly field: 'assessmentRunStateChanges' | 'assessmentRunActivity';
  readonly variables: {
    readonly runIds?: readonly string[];
    readonly targetId?: string;
    readonly templateId?: string;
    readonly maxStaleness?: number;
  };
  /** What is selected of each event besides what a client needs. */
  readonly selection: string;
}

/** How a client is connected: by server-sent events, by a WebSocket of its own, or by one that it shares. */
export type Way = 'SSE' | 'WebSocket' | 'shared WebSocket';

/** The moments at which a client breaks its connection. */
export const MOMENTS = [
  'begun',
  'open',
  'acknowledged',
  'subscribed',
  'after an event',
  'before an event is processed',
  'inside of what is sent',
  'at a final state',
  'in silence',
  'without reading',
] as const;
export type Moment = (typeof MOMENTS)[number];
const WITH_EVENTS = new Set<Moment>([
  'after an event',
  'before an event is processed',
  'inside of what is sent',
  'at a final state',
]);

/** Where a client connects to, and what it tells. */
export interface Surroundings {
  readonly url: () => string;
  readonly webSocketUrl: () => string;
  /** The WebSocket that clients share. */
  readonly shared: () => WebSocketLine;
  /** Told of each connection that a client breaks. */
  readonly broken: (moment: Moment) => void;
}

/** What a client has in mind for its connection. */
interface Plan {
  readonly moment: Moment;
  /** How many events it receives, or bytes of answers, before it breaks off. */
  readonly count: number;
  /** For how many steps it stays at most. */
  steps: number;
}

const FINAL = new Set(['COMPLETED', 'COMPLETED_WITH_ERRORS', 'FAILED', 'ERROR', 'CANCELED']);
const ARGUMENTS = {
  assessmentRunStateChanges: ['$runIds: [ID!]!', 'runIds: $runIds'],
  assessmentRunActivity: ['$targetId: ID, $templateId: ID', 'targetId: $targetId, templateId: $templateId'],
} as const;

export class StreamClient {
  readonly subscription: Subscription;
  readonly way: Way;
  /** All events in the order in which they came, without those that were replayed and known. */
  readonly events: StreamEvent[] = [];
  /** What went wrong, each as a sentence; what the server has answered in place of events, by its code. */
  readonly faults: string[] = [];
  readonly refusals: string[] = [];
  /** How many events were marked as replayed and were new to it all the same. */
  late = 0;
  /** What befell its connections, in short. */
  readonly diary: string[] = [];
  /** Whether the server has completed the stream, or refused it for good. */
  isOver = false;

  readonly #surroundings: Surroundings;
  readonly #random: () => number;
  readonly #query: string;
  readonly #keys = new Set<string>();
  #line: Line | undefined;
  #plan: Plan | undefined;
  #isStaying = false;
  #received = 0;
  /** How many steps pass before it comes back. */
  #away = 0;
  #cursor: string | undefined;
  #firstCursor: string | undefined;
  #id: string | undefined;

  constructor(subscription: Subscription, way: Way, surroundings: Surroundings, random: () => number) {
    this.subscription = subscription;
    this.way = way;
    this.#surroundings = surroundings;
    this.#random = random;
    const [parameters, given] = ARGUMENTS[subscription.field];
    // Over SSE the events' ids are enough.
    const cursor = way === 'SSE' && random() < 0.3 ? '' : 'cursor';
    this.#query = `subscription (${parameters}, $after: String, $maxStaleness: Int) {
      event: ${subscription.field}(${given}, after: $after, maxStaleness: $maxStaleness) {
        kind key state replayed ${cursor} ${subscription.selection}
      }
    }`;
  }

  /** Whether it has a connection, and has had an event on it. */
  get isFollowing(): boolean {
    return this.#line !== undefined && this.#received > 0;
  }

  /** Goes on: breaks its connection when the time has come, and comes back when that has. */
  step(): void {
    if (this.isOver) return;
    if (!this.#line) {
      this.#away -= 1;
      if (this.#away <= 0) this.#connect();
    } else if (this.#plan && !this.#isStaying) {
      this.#plan.steps -= 1;
      if (this.#plan.moment === 'without reading' && this.#received >= this.#plan.count) this.#line.stall();
      if (this.#plan.steps <= 0) this.leave(this.#plan.moment === 'without reading' ? 'without reading' : 'in silence');
    }
  }

  /** Breaks the connection, if there is one. */
  leave(moment: Moment = 'in silence'): void {
    if (!this.#line) return;
    this.#line.break();
    this.diary.push(`broken: ${moment}`);
    this.#surroundings.broken(moment);
    this.#gone();
  }

  /** Comes back and breaks no connection any more. */
  stay(): void {
    this.leave();
    this.#isStaying = true;
    this.#away = 0;
  }

  #connect(): void {
    const random = this.#random;
    const moment = MOMENTS[Math.floor(random() * MOMENTS.length)] ?? 'in silence';
    const count = moment === 'inside of what is sent' ? Math.floor(random() * 1_500) : Math.floor(random() ** 2 * 6);
    // What waits for an event waits longer.
    const steps = WITH_EVENTS.has(moment) ? 40 : 20;
    const plan = { moment, count, steps: 1 + Math.floor(random() ** 2 * steps) };
    this.#plan = plan;
    this.#received = 0;
    const request = this.#request();
    const listener = this.#listener();
    const { url, webSocketUrl, shared } = this.#surroundings;
    if (this.way === 'SSE') {
      const isCut = plan.moment === 'inside of what is sent' && !this.#isStaying;
      this.#line = openEvents(url(), request, listener, isCut ? plan.count : undefined);
    } else {
      const isShared = this.way === 'shared WebSocket';
      const socket = isShared ? shared() : new WebSocketLine(webSocketUrl());
      this.#line = socket.subscribe(request, listener, !isShared);
    }
  }

  /** The place of the last event goes with `after` or, as browsers do it, in a header that wins over the first place. */
  #request(): StreamRequest {
    const { variables } = this.subscription;
    const isByHeader = this.way === 'SSE' && this.#id !== undefined && this.#random() < 0.7;
    this.diary.push(
      `resumes behind ${this.events.at(-1)?.key.slice(-12) ?? 'nothing'}${isByHeader ? ' by header' : ''}`,
    );
    if (!isByHeader) return { query: this.#query, variables: { ...variables, after: this.#cursor } };
    const after = this.#random() < 0.5 ? this.#firstCursor : undefined;
    return { query: this.#query, variables: { ...variables, after }, lastEventId: this.#id };
  }

  /** A listener of the present connection. */
  #listener(): StreamListener {
    const isCut = (moment: Moment) => this.#plan?.moment === moment && !this.#isStaying;
    return {
      reached: (stage: Stage) => {
        if (isCut(stage)) this.leave(stage);
      },
      next: (result, id) => {
        const isLastOfPlan = this.#received + 1 >= (this.#plan?.count ?? 0);
        if (isCut('before an event is processed') && isLastOfPlan) return this.leave('before an event is processed');
        this.#take(result, id);
        if (this.isOver) return;
        if (isCut('after an event') && isLastOfPlan) return this.leave('after an event');
        const { state } = this.events.at(-1) ?? {};
        if (isCut('at a final state') && FINAL.has(state ?? '')) this.leave('at a final state');
      },
      completed: () => {
        this.diary.push('completed');
        this.#line?.break();
        this.#gone();
        this.isOver = true;
        if (this.subscription.field === 'assessmentRunActivity') this.faults.push('an activity was completed');
      },
      closed: (reason) => {
        this.diary.push(reason);
        if (reason === 'inside') this.#surroundings.broken('inside of what is sent');
        if (/^status/.test(reason)) this.faults.push(`was answered with ${reason}`);
        this.#gone();
      },
    };
  }

  #take({ data, errors = [] }: StreamResult, id: string | undefined): void {
    const said = data?.event as StreamEvent | null | undefined;
    if (!said) {
      const [{ message, extensions: { code = message, retryable = false } = {} } = { message: 'nothing' }] = errors;
      this.diary.push(code);
      this.refusals.push(code);
      this.isOver = !retryable;
      this.#line?.break();
      this.#gone();
      return;
    }
    const event = { ...said, cursor: said.cursor ?? id };
    this.#received += 1;
    this.#cursor = event.cursor;
    this.#firstCursor ??= event.cursor;
    this.#id = id;
    if (this.way === 'SSE' && id !== event.cursor) this.faults.push(`the id ${id} of ${event.key} is not its cursor`);
    this.diary.push(`${event.key.slice(-12)} ${event.state ?? event.kind}${event.replayed ? ' replayed' : ''}`);
    const name = `${event.kind} ${event.key}`;
    if (event.replayed && this.#keys.has(name)) return;
    if (event.replayed) this.late += 1;
    if (this.#keys.has(name)) this.faults.push(`${name} came twice`);
    this.#keys.add(name);
    this.events.push(event);
  }

  #gone(): void {
    this.#line = undefined;
    this.#away = this.#isStaying ? 2 : Math.floor(this.#random() ** 2 * 8);
  }
}
