import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { readParts } from '../support/parts.ts';
import { type RawHttpAnswer, sendHttp } from '../support/raw-http.ts';
import { type Stack, startStack } from '../support/stack.ts';

const LARGE = JSON.stringify({ query: '{ findings(first: 50) { edges { node { title description } } } }' });

function sendAccepting(stack: Stack, encoding: string | undefined, body = LARGE): Promise<RawHttpAnswer> {
  return sendHttp(stack, { headers: { 'accept-encoding': encoding }, body });
}

const DECODE = { br: brotliDecompressSync, gzip: gunzipSync };

test('a large answer is compressed as the client wants it most', async () => {
  await using stack = await startStack();
  const plain = await sendAccepting(stack, undefined);
  expect(plain.headers['content-encoding']).toBeUndefined();
  expect(plain.headers.vary).toBe('accept-encoding');
  const cases = [
    ['gzip', 'gzip'],
    ['br', 'br'],
    ['gzip, deflate, br, zstd', 'br'],
    ['GZIP;q=1.0, br;q=0.5', 'gzip'],
    ['br;q=0, gzip', 'gzip'],
    ['identity;q=0.5, br;q=0.5', 'br'],
  ] as const;
  for (const [accepted, encoding] of cases) {
    const { headers, body, status } = await sendAccepting(stack, accepted);
    expect([status, headers['content-encoding'], headers.vary], accepted).toEqual([200, encoding, 'accept-encoding']);
    expect(headers['content-type']).toBe(plain.headers['content-type']);
    expect(headers['content-length']).toBe(String(body.byteLength));
    expect(body.byteLength).toBeLessThan(plain.body.byteLength / 4);
    expect(JSON.parse(DECODE[encoding](body).toString())).toEqual(JSON.parse(plain.text));
  }
});

test('what a client does not take, and what is small, goes out as it is', async () => {
  await using stack = await startStack();
  for (const accepted of ['', 'identity', 'identity, br;q=0.1', 'deflate', 'gzip;q=0', 'zstd, *;q=0']) {
    const { headers, text } = await sendAccepting(stack, accepted);
    expect(headers['content-encoding'], accepted).toBeUndefined();
    expect(JSON.parse(text)).toHaveProperty('data.findings');
  }
  const small = await sendAccepting(stack, 'gzip, br', JSON.stringify({ query: '{ __typename }' }));
  expect([small.headers['content-encoding'], JSON.parse(small.text).data]).toEqual([
    undefined,
    { __typename: 'Query' },
  ]);
});

for (const form of ['multipart/mixed', 'text/event-stream'] as const) {
  test(`parts as ${form} are not kept back to be compressed`, async () => {
    await using stack = await startStack();
    const release = stack.hold('DescribeFindings');
    const query = '{ findings(first: 50) { edges { cursor ... @defer { node { title } } } } }';
    const parts = readParts(stack, query, form, { 'accept-encoding': 'gzip, br' });
    const { value: first } = await parts.next();
    expect(first?.data).toHaveProperty('findings.edges.49.cursor');
    release();
    const { value: second } = await parts.next();
    expect(second?.incremental?.[0]?.data).toEqual({ node: { title: expect.any(String) } });
    await parts.return();
  });
}
