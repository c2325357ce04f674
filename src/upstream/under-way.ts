/** Calls that are under way, counted, for whoever would rather wait for all of them. It must not know what they are for. */
import { nextTick } from 'node:process';

export class UnderWay {
  #count = 0;
  #waiting: (() => void)[] = [];

  begin(): void {
    this.#count += 1;
  }

  end(): void {
    this.#count -= 1;
    if (!this.isAny) nextTick(() => this.#release());
  }

  get isAny(): boolean {
    return this.#count > 0;
  }

  /** Resolves when a call has ended and none is under way, nor begun by what it has brought. */
  settled(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #release(): void {
    if (this.isAny) return;
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
