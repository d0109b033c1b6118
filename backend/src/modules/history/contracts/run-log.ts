import type { Contract } from '../../../kernel/contracts/contract';
import { count, document, openWord } from '../../../kernel/contracts/schemas';

export const RUN_LOG: Contract = {
  name: 'run_log',
  title: 'What is known of a sealed log',
  description:
    'Of the log of one change, kept as a gzip file: the action that it belongs to, and how many lines and bytes it has ' +
    'unpacked. Its line N is line N of the live log, secrets masked.',
  columns: ['raw_artifacts.metadata_json'],
  versions: { 1: { body: document(1, { action: openWord, lines: count, bytes: count }) } },
};
