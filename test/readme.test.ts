import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
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

/** The codes that GraphQL Yoga gives by itself. */
const YOGA_CODES = ['GRAPHQL_VALIDATION_FAILED', 'INTERNAL_SERVER_ERROR', 'REQUEST_ENTITY_TOO_LARGE'];

test('the README lists every code that an error can have', () => {
  const [, errors = ''] = /\n- \*\*Errors\*\* ([\s\S]+?)\n\n/.exec(readme) ?? [];
  const listed = [...errors.matchAll(/`([A-Z_]+)`/g)].map(([, code]) => code);
  const src = resolve(import.meta.dirname, '../src');
  const own = readdirSync(resolve(src, 'server'), { encoding: 'utf8', recursive: true })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => `server/${file}`)
    .concat('schema/authorization.ts')
    .map((file) => readFileSync(resolve(src, file), 'utf8'))
    .flatMap((text) => [...text.matchAll(/\bcode: '([A-Z_]+)'/g)].map(([, code]) => code));
  const [, upstream = ''] =
    /type UpstreamErrorCode =([^;]+);/.exec(readFileSync(resolve(src, 'upstream/errors.ts'), 'utf8')) ?? [];
  const codes = [...own, ...[...upstream.matchAll(/'([A-Z_]+)'/g)].map(([, code]) => code), ...YOGA_CODES];
  expect(listed.sort()).toEqual([...new Set(codes)].sort());
});
