/** A file that a setting names, and that keys or tokens cannot be taken from; its message goes on from the name of the file. */
export class UnusableFile extends Error {
  override readonly name = 'UnusableFile';
  readonly setting: 'jwtKeyFile' | 'tokens';
  readonly file: string;

  constructor(setting: UnusableFile['setting'], file: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.setting = setting;
    this.file = file;
  }
}
