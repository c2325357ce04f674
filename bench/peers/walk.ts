/** The places of a list's pages, as a side writes them: found by walking there. */
import type { Contestant } from './rounds.ts';
import { SIDES } from './sides.ts';
import { place } from './workloads.ts';

interface Places {
  readonly findings: { readonly nextToken?: string; readonly pageInfo?: { readonly endCursor: string } };
}

/** Where each of so many pages of 100 findings begins: the first nowhere. */
export async function places({ client, name }: Contestant, pages: number): Promise<(string | undefined)[]> {
  const found: (string | undefined)[] = [undefined];
  while (found.length < pages) {
    const { findings } = (await client.data(place(found.at(-1))[SIDES[name].language])) as Places;
    found.push(findings.nextToken ?? findings.pageInfo?.endCursor);
  }
  return found;
}
