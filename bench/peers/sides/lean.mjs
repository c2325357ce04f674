/**
 * The lean floor of a page of findings: undici, a signature with a key that is kept, JSON.parse and JSON.stringify of the
 * same data, and nothing else.
 */
import { Pool } from 'undici';
import { serve } from './serve.mjs';
import { signerOf } from './signing.mjs';

const sign = signerOf(process.env);
const pool = new Pool(process.env.INSPECTOR_ENDPOINT ?? '', { connections: 200 });

async function call(operation, input) {
  const body = JSON.stringify(input);
  const answer = await pool.request({ method: 'POST', path: '/', headers: sign(operation, body), body });
  const output = JSON.parse(await answer.body.text());
  if (answer.statusCode !== 200) throw new Error(output.__type);
  return output;
}

async function page({ after }) {
  const { findingArns, nextToken } = await call('ListFindings', { maxResults: 100, nextToken: after });
  const batches = [];
  for (let from = 0; from < findingArns.length; from += 10) {
    batches.push(call('DescribeFindings', { findingArns: findingArns.slice(from, from + 10) }));
  }
  const items = (await Promise.all(batches)).flatMap(({ findings }) => findings.map(picked));
  return { findings: { items, nextToken } };
}

function picked(finding) {
  const { arn, id, title, description, recommendation, severity, numericSeverity, confidence } = finding;
  const { indicatorOfCompromise, createdAt, updatedAt, assetType } = finding;
  const fields = { arn, id, title, description, recommendation, severity, numericSeverity, confidence };
  return { ...fields, indicatorOfCompromise, createdAt, updatedAt, assetType };
}

serve(page);
