/** Reports as HTML: one page that needs nothing else, and runs nothing. It must not know what they are about. */
import type { Block, ReportWriter } from './block.ts';

const STYLE = `body{font:14px/1.5 sans-serif;max-width:60em;margin:2em auto;padding:0 1em;color:#16191f}
h2{border-bottom:1px solid #d5dbdb;margin-top:2em}h3{margin-bottom:.3em}
table{border-collapse:collapse;margin:.5em 0}th,td{text-align:left;vertical-align:top;padding:.15em 1.5em .15em 0;overflow-wrap:anywhere}
th{font-weight:600;white-space:nowrap}p{white-space:pre-line;overflow-wrap:anywhere}`;
const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** A writer of one page with this title. */
export function htmlWriter(title: string): ReportWriter {
  let text = `<!DOCTYPE html>\n<html lang="en">\n<head><meta charset="utf-8"><title>${escaped(title)}</title><style>${STYLE}</style></head>\n<body>\n`;
  return {
    get waiting() {
      return text.length;
    },
    write(block) {
      text += `${markup(block)}\n`;
    },
    async end() {
      text += '</body>\n</html>\n';
    },
    take() {
      const bytes = Buffer.from(text);
      text = '';
      return bytes;
    },
  };
}

function markup(block: Block): string {
  switch (block.kind) {
    case 'title':
      return `<h1>${escaped(block.text)}</h1>`;
    case 'heading':
      return `<h2>${escaped(block.text)}</h2>`;
    case 'subheading':
      return `<h3>${escaped(block.text)}</h3>`;
    case 'text':
      return `<p>${escaped(block.text)}</p>`;
    case 'list':
      return `<ul>${block.items.map((item) => `<li>${escaped(item)}</li>`).join('')}</ul>`;
    case 'facts':
      return `<table>${block.facts.map(([name, value]) => `<tr><th>${escaped(name)}</th><td>${escaped(value)}</td></tr>`).join('')}</table>`;
  }
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
}
