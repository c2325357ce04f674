/** Reports as PDF, in the fonts that every reader of PDF has. It must not know what they are about. */
import { once } from 'node:events';
import type { Block, ReportWriter } from './block.ts';

const SIZES = { title: 20, heading: 15, subheading: 11, body: 9 } as const;
/** What the standard fonts have no letters for: all but Latin-1 and a few signs (WinAnsiEncoding). */
const NOT_IN_FONTS = /[^\n\x20-\x7e\xa0-\xff–—‘’“”•…€™]/gu;

/** A writer of one document with this title. The library is loaded when it is first needed: it is large. */
export async function pdfWriter(title: string, createdAt: Date): Promise<ReportWriter> {
  const { default: PDFDocument } = await import('pdfkit');
  const document = new PDFDocument({
    size: 'A4',
    margin: 50,
    info: { Title: title, CreationDate: createdAt, ModDate: createdAt },
  });
  let chunks: Buffer[] = [];
  let waiting = 0;
  document.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    waiting += chunk.length;
  });

  const put = (text: string, size: number, font: 'Helvetica' | 'Helvetica-Bold') =>
    document.font(font).fontSize(size).text(printable(text));
  const draw = (block: Block) => {
    switch (block.kind) {
      case 'title':
      case 'heading':
      case 'subheading':
        document.moveDown(0.6);
        put(block.text, SIZES[block.kind], 'Helvetica-Bold');
        document.moveDown(0.2);
        break;
      case 'text':
        put(block.text, SIZES.body, 'Helvetica');
        break;
      case 'list':
        put(block.items.map((item) => `• ${item}`).join('\n'), SIZES.body, 'Helvetica');
        break;
      case 'facts':
        put(block.facts.map(([name, value]) => `${name}: ${value}`).join('\n'), SIZES.body, 'Helvetica');
        break;
    }
  };

  return {
    get waiting() {
      return waiting;
    },
    write: draw,
    async end() {
      const ended = once(document, 'end');
      document.end();
      await ended;
    },
    take() {
      const bytes = Buffer.concat(chunks);
      chunks = [];
      waiting = 0;
      return bytes;
    },
  };
}

function printable(text: string): string {
  return text.replace(NOT_IN_FONTS, '?');
}
