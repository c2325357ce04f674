import { expect, test } from 'vitest';
import { graphql } from '../graphql/gql.ts';
import { startStack } from '../support/stack.ts';

const Newest = graphql(`
  query NewestFinding {
    findings(first: 1) {
      edges {
        node {
          id
          createdAt
        }
      }
    }
  }
`);

const Within = graphql(`
  query FindingsWithin($range: TimestampRange!) {
    findings(first: 1, filter: { creationTimeRange: $range }) {
      edges {
        node {
          id
        }
      }
    }
  }
`);

test('a range of moments includes both of its ends, though the API takes whole seconds', async () => {
  await using stack = await startStack();
  const [newest] = (await stack.query(Newest)).data?.findings?.edges ?? [];
  const { id = '', createdAt = '' } = newest?.node ?? {};
  expect(createdAt).not.toMatch(/\.000Z$/);
  for (const range of [{ beginDate: createdAt }, { beginDate: createdAt, endDate: createdAt }]) {
    const { data, errors } = await stack.query(Within, { range });
    expect(errors).toBeUndefined();
    expect(data?.findings?.edges).toEqual([{ node: { id } }]);
  }
});
