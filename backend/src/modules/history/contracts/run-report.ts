import type { Contract } from '../../../kernel/contracts/contract';
import { count, document, nullable, object, openWord } from '../../../kernel/contracts/schemas';

const file = object({ bytes: count, sha256: { type: 'string', pattern: '^[0-9a-f]{64}$' } });

export const RUN_REPORT: Contract = {
  name: 'run_report',
  title: 'The report of a change',
  description:
    'Which action it is of, how it ended, and its files: Markdown at the path of the row, HTML beside it (`.html.gz`), and both in French (`.fr.md.gz`, `.fr.html.gz`) where they were written.',
  columns: ['reports.summary_json'],
  versions: {
    1: {
      body: document(1, { action: openWord, status: openWord, markdown: file, html: file }),
      upcast: (report) => ({ ...report, french: null }),
    },
    2: {
      body: document(2, {
        action: openWord,
        status: openWord,
        markdown: file,
        html: file,
        french: nullable(object({ markdown: file, html: file })),
      }),
    },
  },
};
