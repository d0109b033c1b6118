import { Injectable } from '@nestjs/common';
import { prepared } from '../../kernel/database/prepared';
import { queryRows } from '../../kernel/database/rows';
import type { Transaction } from '../../kernel/database/transaction';
import type { Sentence } from '../../kernel/sentences/sentences';
import { say } from './jobs.sentences';

/** Why no job can be started on a machine. */
const refusals = {
  unknown_machine: { message: say.unknown_machine(), action: say.unknown_machine_action() },
  machine_archived: { message: say.machine_archived(), action: say.machine_archived_action() },
  machine_quarantined: { message: say.machine_quarantined(), action: say.machine_quarantined_action() },
  no_credentials: { message: say.no_credentials(), action: say.no_credentials_action() },
  host_key_unknown: { message: say.host_key_unknown(), action: say.host_key_unknown_action() },
} as const;
/**
 * `window_too_short`: no maintenance window is long enough for the change; `window_unreadable`: of one nobody can tell any more when it opens.
 */
export type RefusalCode = keyof typeof refusals | 'window_too_short' | 'window_unreadable';

export interface MachineRefusal {
  readonly machineId: string;
  readonly code: RefusalCode;
  readonly message: Sentence;
  readonly action: Sentence;
}

interface MachineRow {
  id: string;
  archived: boolean;
  quarantined: boolean;
  has_credentials: boolean;
  has_key: boolean;
}

/** Both lists in the order in which the machines were named. */
export interface Eligible {
  readonly able: string[];
  readonly refused: MachineRefusal[];
}

/** Which machines may be worked on. Set-wise, since one request may name thousands. */
@Injectable()
export class MachineEligibility {
  async check(tx: Transaction, machineIds: readonly string[]): Promise<Eligible> {
    const rows = await queryRows<MachineRow>(tx.manager, LOOK, [machineIds]);
    const byId = new Map(rows.map((row) => [row.id, row]));
    const able: string[] = [];
    const refused: MachineRefusal[] = [];
    for (const machineId of machineIds) {
      const code = refusalCode(byId.get(machineId));
      if (code === null) able.push(machineId);
      else refused.push({ machineId, code, ...refusals[code] });
    }
    return { able, refused };
  }
}

const LOOK = prepared(`
  SELECT m.id, m.deleted_at IS NOT NULL OR m.status = 'archived' AS archived, m.status = 'quarantined' AS quarantined,
    EXISTS (SELECT 1 FROM machine_credentials c WHERE c.machine_id = m.id) AS has_credentials,
    EXISTS (SELECT 1 FROM machine_host_keys k WHERE k.machine_id = m.id AND k.status = 'approved') AS has_key
  FROM machines m WHERE m.id = ANY($1::uuid[])`);

function refusalCode(row: MachineRow | undefined): keyof typeof refusals | null {
  if (row === undefined) return 'unknown_machine';
  if (row.archived) return 'machine_archived';
  if (row.quarantined) return 'machine_quarantined';
  if (!row.has_credentials) return 'no_credentials';
  return row.has_key ? null : 'host_key_unknown';
}
