/** What a report is made of, in no format. It must not know what the report is about. */

/** A piece of a report, in the order of reading. */
export type Block =
  | { readonly kind: 'title'; readonly text: string }
  | { readonly kind: 'heading'; readonly text: string }
  | { readonly kind: 'subheading'; readonly text: string }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'list'; readonly items: readonly string[] }
  | { readonly kind: 'facts'; readonly facts: readonly Fact[] };

/** A name and its value. */
export type Fact = readonly [name: string, value: string];

/** Writes blocks in a format. */
export interface ReportWriter {
  write(block: Block): void;
  /** Resolves when all that was written can be taken. */
  end(): Promise<void>;
  /** How many bytes wait to be taken, about. */
  readonly waiting: number;
  /** The bytes that have been written since they were last taken. */
  take(): Buffer;
}
