/** What an operation is: a function of what it needs, which gives a function of its input. It must not know HTTP. */
import type { RulesPackage } from '@aws-sdk/client-inspector';
import type { Clock } from '../../clock.ts';
import type { Checked } from '../protocol/validation.ts';
import type { Store } from '../store/store.ts';
import type { Quotas } from './quotas.ts';

/** What operations work with. */
export interface Dependencies {
  readonly store: Store;
  readonly clock: Clock;
  readonly account: string;
  readonly region: string;
  /** What the waits of runs that start are divided by. */
  readonly timeScale: number;
  /** The rules packages of the region. */
  readonly rulesPackages: readonly RulesPackage[];
  /** Those that are no longer evaluated; templates may name them still. */
  readonly deprecatedRulesPackages: readonly RulesPackage[];
  readonly quotas: Quotas;
  /** To be called when there is more or other work for the engine: a run was started or stopped, a preview asked for. */
  readonly wakeEngine: () => void;
  /** To be called when a report is to be made. */
  readonly wakeReports: () => void;
  /** The URL of a report, for a while, for a client that has reached the service at a host. */
  readonly linkToReport: (id: string, host: string) => string;
}

/** What an operation may know of its request beside the input. */
export interface RequestFacts {
  /** The service's name and port as the client has it. */
  readonly host: string;
}

/** An operation of the API, typed by the SDK's shapes; its input has been validated. Throws a ServiceError. */
export type Operation<Input, Output> = (
  dependencies: Dependencies,
) => (input: Checked<Input>, request: RequestFacts) => Output;
