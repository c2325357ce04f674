/** RESULTS.md: a section for each benchmark, which writes its own and leaves the others. It must not know what they hold. */
import { readFileSync, writeFileSync } from 'node:fs';

const FILE = new URL('RESULTS.md', import.meta.url);
const SECTION = /^(?=## )/m;

/** Puts a section in the place of the one with its title, or behind the others. */
export function writeSection(title: string, lines: readonly string[]): void {
  const [head = '', ...sections] = readFileSync(FILE, 'utf8').split(SECTION);
  const heading = `## ${title}\n`;
  const at = sections.findIndex((section) => section.startsWith(heading));
  sections.splice(at < 0 ? sections.length : at, 1, [heading, ...lines].join('\n'));
  writeFileSync(FILE, `${[head, ...sections].map((part) => part.trimEnd()).join('\n\n')}\n`);
}
