import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { startStack } from './support/stack.ts';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');

test('the README’s query answers as printed', async () => {
  await using stack = await startStack();
  const [, query = ''] = /--data-urlencode 'query=([^']+)'/.exec(readme) ?? [];
  const [, answer = ''] = /```json\n([\s\S]+?)```/.exec(readme) ?? [];
  const response = await fetch(`${stack.gateway.url}?${new URLSearchParams({ query })}`);
  expect(await response.json()).toEqual(JSON.parse(answer));
});
