import { expect, test } from 'vitest';
import { LIMITS, startStack, UNBOUNDED } from '../support/stack.ts';

/** Fragments that each name the next twice: opened as often as they are named, there would be 2 to the 60th. */
function chain(length: number, link: (next: string) => string): string {
  const links = Array.from(
    { length },
    (_, index) => `fragment F${index} on AssessmentTarget { ${link(`...F${index + 1}`)} }`,
  );
  return `${links.join('\n')} fragment F${length} on AssessmentTarget { name }`;
}

test('a chain of fragments that name each other twice is read once', async () => {
  await using stack = await startStack({ empty: true, gateway: { requests: UNBOUNDED } });
  const { errors } = await stack.send({
    query: `{ assessmentTargets { edges { node { ...F0 } } } } ${chain(60, (next) => `${next} ${next}`)}`,
  });
  expect(errors).toBeUndefined();
});

test('so is one that goes through objects', async () => {
  const limits = { ...LIMITS, estimate: Number.POSITIVE_INFINITY };
  await using stack = await startStack({ empty: true, gateway: { limits, requests: UNBOUNDED } });
  const through = (next: string) =>
    ['a', 'b']
      .map((alias) => `${alias}: assessmentTemplates { edges { node { assessmentTarget { ${next} } } } }`)
      .join(' ');
  const { errors } = await stack.send({
    query: `{ assessmentTargets { edges { node { ...F0 } } } } ${chain(6, through)}`,
  });
  expect(errors).toBeUndefined();
});

test('fragments on the type, on the interface and inline are all seen', async () => {
  await using stack = await startStack();
  const { data, errors } = await stack.send<{ assessmentRuns: { edges: { node: object }[] } }>({
    query: `{ assessmentRuns(first: 1) { edges { node { ... { id } ... on Node { ... on AssessmentRun { name } } ...State } } } }
      fragment State on AssessmentRun { state }`,
  });
  expect(errors).toBeUndefined();
  expect(Object.keys(data?.assessmentRuns.edges[0]?.node ?? {}).sort()).toEqual(['id', 'name', 'state']);
});
