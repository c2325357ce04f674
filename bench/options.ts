/** How the options of a benchmark are read. It must not know what any of them measures. */

/** What there is to choose, for the help. */
export const list = (named: Readonly<Record<string, string>>): string =>
  Object.entries(named)
    .map(([name, what]) => `  ${name.padEnd(9)}${what}`)
    .join('\n');

/** What `parse` makes of the options; prints the help where that is nothing, or what is wrong, and ends the process then. */
export function optionsOf<Options>(command: string, help: string, parse: () => Options | undefined): Options {
  try {
    const options = parse();
    if (options) return options;
    console.log(help);
    return process.exit(0);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    console.error(`${error.message}\nTry ${command} -- --help.`);
    return process.exit(2);
  }
}

/** In the order in which all are, whatever the order in which they are wanted. */
export function chosen<Name extends string>(option: string, value: string | undefined, all: readonly Name[]): Name[] {
  if (value === undefined) return [...all];
  const wanted = value.split(',');
  const unknown = wanted.find((name) => !(all as readonly string[]).includes(name));
  if (unknown !== undefined) throw new Error(`${option} has ${JSON.stringify(unknown)}; it takes ${all.join(', ')}.`);
  return all.filter((name) => wanted.includes(name));
}

/** A whole number that an option has; throws where it has none, or a smaller one. */
export function number(option: string, value: string, least: number): number {
  const number = /^\d{1,6}$/.test(value) ? Number(value) : Number.NaN;
  if (!(number >= least))
    throw new Error(`${option} has ${JSON.stringify(value)}; it takes whole numbers from ${least}.`);
  return number;
}
