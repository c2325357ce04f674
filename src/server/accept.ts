/** What a client says that it takes, in `Accept` and `Accept-Encoding`. It must not know what there is to take. */

/** One of the values of such a header. */
export interface Preference {
  /** In lower case, without its parameters; `*` stands for anything. */
  readonly name: string;
  /** How much it is wanted: above 0, at most 1. */
  readonly quality: number;
  readonly charset: string | undefined;
}

/** The values of such a header that are wanted at all, best first; those that are wanted as much stay in their order. */
export function preferences(header: string): readonly Preference[] {
  return header
    .split(',')
    .map(preference)
    .filter(({ name, quality }) => name && quality > 0)
    .sort((one, other) => other.quality - one.quality);
}

function preference(text: string): Preference {
  const [name = '', ...parameters] = text.split(';').map((part) => part.trim().toLowerCase());
  const { q = 1, charset } = Object.fromEntries(parameters.map((each) => each.replaceAll('"', '').split('=')));
  return { name, quality: Number(q), charset };
}
