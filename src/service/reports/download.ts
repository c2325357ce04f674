/** What a GET of a report's link answers. It must not know sockets. */
import type { ReportFileFormat } from '@aws-sdk/client-inspector';
import type { Download } from '../protocol/listener.ts';
import type { Store } from '../store/store.ts';
import { follow } from './links.ts';

const CONTENT_TYPES: Readonly<Record<ReportFileFormat, string>> = {
  HTML: 'text/html; charset=utf-8',
  PDF: 'application/pdf',
};

/** The report that a path with its query leads to at `now` (milliseconds), or a sentence: 403, or 404 where it is gone. */
export function downloadOf({ reports }: Store, secret: Buffer, link: string, now: number): Download {
  const destination = follow(link, secret, now);
  if ('refusal' in destination) return sentence(403, destination.refusal);
  const report = reports.find(destination.id);
  if (report?.status !== 'COMPLETED') return sentence(404, 'The report is gone, with its assessment run.');
  const { id, fileFormat, type } = report;
  return {
    status: 200,
    headers: {
      'Content-Type': CONTENT_TYPES[fileFormat],
      'Content-Length': reports.size(id),
      'Content-Disposition': `inline; filename="assessment-report-${type.toLowerCase()}.${fileFormat.toLowerCase()}"`,
      'Content-Security-Policy': "default-src 'none'; style-src 'unsafe-inline'; sandbox",
      'X-Content-Type-Options': 'nosniff',
      'Referrer-Policy': 'no-referrer',
      'Cache-Control': 'private, no-store',
    },
    body: partsOf(reports, id),
  };
}

function* partsOf(reports: Store['reports'], id: string): Generator<Buffer> {
  let number = 0;
  for (let part = reports.part(id, number); part; part = reports.part(id, number)) {
    yield part;
    number += 1;
  }
  // The client must not take half a report for the whole.
  if (!reports.find(id)) throw new Error('the report was deleted while it was read');
}

function sentence(status: number, text: string): Download {
  const body = Buffer.from(`${text}\n`);
  const headers = { 'Content-Type': 'text/plain; charset=utf-8', 'Content-Length': body.length };
  return { status, headers, body: [body] };
}
