import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Contracts } from '../../../kernel/contracts/contracts';
import { queryOne } from '../../../kernel/database/rows';
import { REBOOT_RESULT, type RebootResult } from '../contracts/reboot-result.v1';

/** Boots as `this_boot` names them. Both null: no restart of ours says anything against the present boot. */
export interface KnownBoots {
  /** A restart of ours led to it, and found it wrong. */
  readonly doubted: string | null;
  /** The only sound one: whatever boot came after it, nobody has looked at it. */
  readonly trusted: string | null;
}

/** What the last restart of ours says of the boots of a machine. */
@Injectable()
export class BootVerdicts {
  constructor(
    private readonly database: DataSource,
    private readonly contracts: Contracts,
  ) {}

  async of(machineId: string): Promise<KnownBoots> {
    const row = await queryOne<{ result: unknown }>(this.database, LAST_RESTART, [machineId]);
    const reading = row === null ? null : this.contracts.read<RebootResult>(REBOOT_RESULT.name, row.result);
    return reading?.readable === true ? knownBoots(reading.document) : { doubted: null, trusted: null };
  }
}

/** Pure. */
export function knownBoots({ outcome, before, after }: Pick<RebootResult, 'outcome' | 'before' | 'after'>): KnownBoots {
  if (outcome === 'degraded' || outcome === 'old_kernel') return { doubted: after?.boot ?? null, trusted: null };
  // It was silent; should it be back, it is in a boot that was never looked at.
  if (outcome === 'not_back') return { doubted: null, trusted: before?.boot ?? null };
  return { doubted: null, trusted: null };
}

/** One that restarted nothing says nothing of a boot. */
const LAST_RESTART = `
  SELECT result_json AS result FROM executions
   WHERE machine_id = $1 AND action = 'reboot' AND finished_at IS NOT NULL
     AND result_json ->> 'outcome' IN ('verified', 'degraded', 'old_kernel', 'not_back')
   ORDER BY started_at DESC LIMIT 1`;
