/** A run's findings as CSV on standard output, with graphql-request: page after page, so that a run of any size fits. */
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { ClientError, GraphQLClient, gql } from 'graphql-request';
import { Failure, runExample } from './command.mjs';

const NewestCompletedRun = gql`
  query NewestCompletedRun {
    assessmentRuns(first: 1, filter: { states: [COMPLETED, COMPLETED_WITH_ERRORS] }) { edges { node { id } } }
  }
`;

const ExportFindings = gql`
  query ExportFindings($run: ID!, $after: String) {
    node(id: $run) {
      ... on AssessmentRun {
        findings(first: 100, after: $after) {
          edges {
            node {
              arn
              findingId
              severity
              numericSeverity
              title
              recommendation
              createdAt
              rulesPackage { name }
              assetAttributes { agentId hostname }
              userAttributes { key value }
            }
          }
          pageInfo { endCursor hasNextPage }
        }
      }
    }
  }
`;

/** The columns: their names, and what they hold of a finding. */
const COLUMNS = {
  severity: (finding) => finding.severity,
  numericSeverity: (finding) => finding.numericSeverity,
  rulesPackage: (finding) => finding.rulesPackage?.name,
  findingId: (finding) => finding.findingId,
  agentId: (finding) => finding.assetAttributes?.agentId,
  hostname: (finding) => finding.assetAttributes?.hostname,
  title: (finding) => finding.title,
  recommendation: (finding) => finding.recommendation,
  userAttributes: (finding) =>
    finding.userAttributes.map(({ key, value }) => [key, value ?? []].flat().join(': ')).join('; '),
  createdAt: (finding) => finding.createdAt,
  arn: (finding) => finding.arn,
};

await runExample({
  command: 'node examples/findings-csv.mjs',
  about: 'Writes the findings of a run as CSV (RFC 4180) to standard output.',
  options: { run: 'the ARN of the run; the newest that has completed where it is left out' },
  async work({ url, headers, values, signal }) {
    const client = new GraphQLClient(url, { headers, signal });
    const run = values.run ?? (await newestCompletedRun(client));
    await pipeline(Readable.from(csv(client, run)), process.stdout, { signal });
  },
});

async function newestCompletedRun(client) {
  const { assessmentRuns } = await ask(client, NewestCompletedRun);
  const [newest] = assessmentRuns.edges;
  if (!newest?.node) throw new Failure('No run has completed yet.');
  return newest.node.id;
}

/** The lines, the header first, a page's together. */
async function* csv(client, run) {
  let written = line(Object.keys(COLUMNS));
  for (let after, more = true; more; ) {
    const { node } = await ask(client, ExportFindings, { run, after });
    if (!node?.findings) throw new Failure(`There is no run ${run}.`);
    const { edges, pageInfo } = node.findings;
    // A finding that was deleted after it was listed has no node.
    const findings = edges.flatMap((edge) => edge.node ?? []);
    written += findings.map((finding) => line(Object.values(COLUMNS).map((read) => read(finding)))).join('');
    yield written;
    written = '';
    after = pageInfo.endCursor;
    more = pageInfo.hasNextPage;
  }
}

function line(values) {
  return `${values.map(cell).join(',')}\r\n`;
}

/**
 * A value as a cell. Texts come from the machines that were assessed and from whoever noted something on a finding: a
 * spreadsheet would run one that begins like a formula, so it is marked as text with an apostrophe.
 */
function cell(value) {
  const text = String(value ?? '');
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** Sends a query; throws what the gateway says in its own words. */
async function ask(client, query, variables) {
  try {
    return await client.request(query, variables);
  } catch (error) {
    const errors = error instanceof ClientError ? error.response.errors : undefined;
    throw errors ? new Failure(errors.map(({ message }) => message).join('\n')) : error;
  }
}
