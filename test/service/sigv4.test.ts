import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { headersOf, type SignedRequest, verifySignature } from '../../src/service/protocol/sigv4.ts';

interface Sample {
  readonly client: string;
  readonly operation: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: string;
}

const samples: {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly region: string;
  readonly requests: readonly Sample[];
} = JSON.parse(readFileSync(new URL('./fixtures/sigv4-wire-samples.json', import.meta.url), 'utf8'));

const NOW = Date.parse('2026-11-21T20:10:00Z');
const MINUTE = 60_000;

function signed({ headers, body }: Sample): SignedRequest {
  return { method: 'POST', headers: headersOf(headers.flat()), body: Buffer.from(body) };
}

function verify(request: SignedRequest, { now = NOW, region = samples.region, known = true } = {}): void {
  verifySignature(request, (id) => (known && id === samples.accessKeyId ? samples : undefined), region, now);
}

function withHeader({ headers, ...sample }: Sample, name: string, change: (value: string) => string): SignedRequest {
  return signed({
    ...sample,
    headers: headers.map(([key, value]) => [key, key.toLowerCase() === name ? change(value) : value]),
  });
}

const [first] = samples.requests;
if (!first) throw new Error('there are no samples');

for (const sample of samples.requests) {
  const name = `${sample.operation} of ${sample.client}`;

  test(`${name} verifies as it was captured`, () => {
    expect(() => verify(signed(sample))).not.toThrow();
  });

  test(`${name} is refused when any byte of the body, of a signed header or of the signature is changed`, () => {
    const request = signed(sample);
    for (let index = 0; index < request.body.length; index += 1) {
      const body = Buffer.from(request.body);
      body[index] = (body[index] ?? 0) ^ 1;
      expect(() => verify({ ...request, body })).toThrow(/signature is not valid/i);
    }
    const authorization = sample.headers.find(([key]) => key.toLowerCase() === 'authorization')?.[1] ?? '';
    const names = /SignedHeaders=([^,]+)/.exec(authorization)?.[1]?.split(';') ?? [];
    for (const signedHeader of names) {
      expect(() => verify(withHeader(sample, signedHeader, (value) => `${value}0`)), signedHeader).toThrow();
    }
    const flip = (value: string) => value.replace(/.$/, (digit) => (digit === '0' ? '1' : '0'));
    expect(() => verify(withHeader(sample, 'authorization', flip))).toThrow(
      expect.objectContaining({ name: 'InvalidSignatureException' }),
    );
  });
}

test('a request holds for 15 minutes before and after its time, and no longer', () => {
  const at = Date.parse('2026-11-21T20:09:59Z');
  expect(() => verify(signed(first), { now: at + 15 * MINUTE })).not.toThrow();
  expect(() => verify(signed(first), { now: at - 15 * MINUTE })).not.toThrow();
  for (const now of [at + 15 * MINUTE + 1, at - 15 * MINUTE - 1]) {
    expect(() => verify(signed(first), { now })).toThrow(/15 minutes/);
  }
});

test('a signature for another region names both regions', () => {
  expect(() => verify(signed(first), { region: 'eu-west-1' })).toThrow(/us-west-2.*eu-west-1/);
});

test('a signature of another service or day is not valid', () => {
  const other = (from: string, to: string) => withHeader(first, 'authorization', (value) => value.replace(from, to));
  for (const request of [other('/inspector/', '/ec2/'), other('20261121/', '20261120/')]) {
    expect(() => verify(request)).toThrow(expect.objectContaining({ name: 'InvalidSignatureException' }));
  }
});

test('the host must be signed', () => {
  const request = withHeader(first, 'authorization', (value) => value.replace(';host', ''));
  expect(() => verify(request)).toThrow(/host must be signed/);
});

test('an unknown key, no signature and half a signature have errors of their own', () => {
  expect(() => verify(signed(first), { known: false })).toThrow(
    expect.objectContaining({ name: 'UnrecognizedClientException' }),
  );
  const unsigned = { ...first, headers: first.headers.filter(([key]) => key !== 'Authorization') };
  expect(() => verify(signed(unsigned))).toThrow(
    expect.objectContaining({ name: 'MissingAuthenticationTokenException' }),
  );
  const halves = [
    (value: string) => value.replace(/, Signature=.*/, ''),
    (value: string) => value.replace(/SignedHeaders=[^,]*, /, ''),
    (value: string) => value.replace(/Credential=[^,]*, /, ''),
    (value: string) => value.replace('/aws4_request', ''),
    (value: string) => value.replace('AWS4-HMAC-SHA256', 'Bearer'),
    (value: string) => value.slice(0, -1),
  ];
  for (const half of halves) {
    expect(() => verify(withHeader(first, 'authorization', half))).toThrow(
      expect.objectContaining({ name: 'IncompleteSignatureException' }),
    );
  }
  const undated = { ...first, headers: first.headers.filter(([key]) => key !== 'X-Amz-Date') };
  expect(() => verify(signed(undated))).toThrow(expect.objectContaining({ name: 'IncompleteSignatureException' }));
});
