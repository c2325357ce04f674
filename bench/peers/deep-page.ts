/** W5: a page deep in a long list beside the first. */
import { type Contestant, compareAnswers, type Entry } from './rounds.ts';
import { SIDES } from './sides.ts';
import { page, place } from './workloads.ts';

const PAGES_BEFORE = 999;

/** Sides that write places in lists their own way: one of each. */
export const WALKERS = ['gateway', 'mesh', 'floor'] as const;

/** The first page and the 1,000th, as each side is to be asked for them. Throws where two of them find different pages. */
export async function deepPages(contestants: readonly Contestant[]): Promise<Entry[]> {
  const first = contestants.map((contestant) => ({ workload: 'W5 first', contestant, question: page() }));
  const deep: Entry[] = [];
  for (const contestant of contestants) {
    deep.push({ workload: 'W5 deep', contestant, question: page(await placeOf(contestant)) });
  }
  await compareAnswers(first);
  await compareAnswers(deep);
  return [...first, ...deep];
}

interface Places {
  readonly findings: { readonly nextToken?: string; readonly pageInfo?: { readonly endCursor: string } };
}

/** The place behind so many pages, walked to. */
async function placeOf({ client, name }: Contestant): Promise<string | undefined> {
  let after: string | undefined;
  for (let pages = 0; pages < PAGES_BEFORE; pages += 1) {
    const { findings } = (await client.data(place(after)[SIDES[name].language])) as Places;
    after = findings.nextToken ?? findings.pageInfo?.endCursor;
  }
  return after;
}
