import type { Operation } from 'fast-json-patch';
import type { Contract } from '../../../kernel/contracts/contract';
import { document, list, object, words } from '../../../kernel/contracts/schemas';

/** `snapshot_patch`, version 1: a JSON Patch (RFC 6902). */
export interface SnapshotPatch {
  readonly operations: readonly Operation[];
}

/** What a snapshot holds that shares another's content. */
export const SNAPSHOT_PATCH: Contract = {
  name: 'snapshot_patch',
  title: 'Difference of a snapshot to the one whose content it shares',
  description:
    'Stands in place of the document where `content_snapshot_id` names another snapshot: a JSON Patch (RFC 6902) that ' +
    'makes this document out of that one. The API always gives the whole document.',
  columns: ['snapshots.payload_json', 'snapshots.important_json'],
  versions: {
    1: {
      body: document(1, {
        operations: list(
          object(
            {
              op: words(['add', 'remove', 'replace']),
              path: { type: 'string', description: 'JSON Pointer (RFC 6901).' },
            },
            { value: { description: 'Of add and replace: any JSON.' } },
          ),
        ),
      }),
    },
  },
};
