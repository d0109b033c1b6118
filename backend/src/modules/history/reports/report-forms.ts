import type { Block, Fact, Report } from './report-model';

/** A report as Markdown (CommonMark with tables). What machines said cannot become markup. Pure. */
export function asMarkdown({ title, facts, sections }: Report): string {
  const parts = [
    `# ${escaped(title)}`,
    table(['', ''], facts),
    ...sections.flatMap((section) => [`## ${escaped(section.title)}`, ...section.blocks.map(blockAsMarkdown)]),
  ];
  return `${parts.join('\n\n')}\n`;
}

function blockAsMarkdown(block: Block): string {
  if (block.kind === 'text') return escaped(block.text);
  if (block.kind === 'facts') return table(['', ''], block.facts);
  if (block.kind === 'table') return table(block.head, block.rows);
  const text = block.lines.join('\n');
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([ticks]) => ticks.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}text\n${text}\n${fence}`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const row = (cells: readonly string[]): string => `| ${cells.map(escaped).join(' | ')} |`;
  return [row(head), `|${' --- |'.repeat(head.length)}`, ...rows.map(row)].join('\n');
}

/** Every sign that Markdown could take for its own; a line end would end the cell. */
function escaped(text: string): string {
  return text.replace(/[\\`*_{}[\]<>#|~&]/g, '\\$&').replace(/\r?\n|\r/g, '<br>');
}

const STYLE = `
  :root { color-scheme: light dark; }
  body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; font: 15px/1.45 system-ui, sans-serif; overflow-wrap: anywhere; }
  h1 { font-size: 1.5rem; } h2 { margin-top: 1.6rem; font-size: 1.1rem; }
  table { border-collapse: collapse; width: 100%; font-size: .9rem; }
  th, td { padding: .25rem .6rem; border: 1px solid #8886; text-align: left; vertical-align: top; white-space: pre-wrap; }
  pre { padding: .6rem; border: 1px solid #8886; white-space: pre-wrap; }
  @media print { body { margin: 0; max-width: none; } tr, pre { break-inside: avoid; } }`;

/** A report as one HTML page without scripts and without anything from elsewhere, for screen and paper. Pure. */
export function asHtml({ language, title, facts, sections }: Report): string {
  const body = sections.map(
    (section) => `<section><h2>${text(section.title)}</h2>${section.blocks.map(blockAsHtml).join('')}</section>`,
  );
  return `<!doctype html>
<html lang="${language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${text(title)}</title><style>${STYLE}
</style></head><body><h1>${text(title)}</h1>${factsAsHtml(facts)}${body.join('')}</body></html>
`;
}

function blockAsHtml(block: Block): string {
  if (block.kind === 'text') return `<p>${text(block.text)}</p>`;
  if (block.kind === 'facts') return factsAsHtml(block.facts);
  if (block.kind === 'lines') return `<pre>${text(block.lines.join('\n'))}</pre>`;
  const head = block.head.map((cell) => `<th scope="col">${text(cell)}</th>`).join('');
  const rows = block.rows.map((row) => `<tr>${row.map((cell) => `<td>${text(cell)}</td>`).join('')}</tr>`).join('');
  return `<table><thead><tr>${head}</tr></thead><tbody>${rows}</tbody></table>`;
}

function factsAsHtml(facts: readonly Fact[]): string {
  const rows = facts.map(([name, value]) => `<tr><th scope="row">${text(name)}</th><td>${text(value)}</td></tr>`);
  return `<table><tbody>${rows.join('')}</tbody></table>`;
}

const SIGNS: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

function text(value: string): string {
  return value.replace(/[&<>"']/g, (sign) => SIGNS[sign] ?? '');
}
