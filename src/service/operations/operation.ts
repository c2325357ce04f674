/** What an operation is: a function of what it needs, which gives a function of its input. It must not know HTTP. */
import type { RulesPackage } from '@aws-sdk/client-inspector';
import type { Clock } from '../../clock.ts';
import type { Checked } from '../protocol/validation.ts';
import type { Store } from '../store/store.ts';

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
  /** To be called when a run was started or stopped. */
  readonly runsChanged: () => void;
}

/** An operation of the API, typed by the SDK's shapes; its input has been validated. Throws a ServiceError. */
export type Operation<Input, Output> = (dependencies: Dependencies) => (input: Checked<Input>) => Output;
