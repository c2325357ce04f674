/** Why the service did not start, where the user can mend it. It must not know how a setting is spelled by whoever asks. */

/** A start that failed because of one setting; `message` is the reason, as the rest of a sentence that names the setting. */
export class StartError extends Error {
  constructor(
    readonly setting: 'servicePort' | 'serviceHost' | 'dataDir' | 'region' | 'account' | 'empty',
    reason: string,
  ) {
    super(reason);
    this.name = 'StartError';
  }
}
