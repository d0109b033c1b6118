import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { lowestId } from '../../kernel/database/id-times';
import { dropPartitionsBefore } from '../../kernel/retention/purge-steps';
import { RetentionRule, type RemovedCounts, type Retention } from '../../kernel/retention/retention-rule';
import { APT_UPDATE_ANALYZE_CONTRACT } from './contracts/apt-update-analyze.v1';

@Injectable()
@RetentionRule()
export class PlannedPackagesRetention implements Retention {
  readonly name = 'apt_planned_packages';
  readonly description =
    "Searchable rows of old analyses, by whole months. Those of each machine's newest good analysis stay, also when it only repeats an old one.";
  readonly derivedFrom = 'snapshots';

  constructor(private readonly database: DataSource) {}

  async purge(before: Date, signal: AbortSignal): Promise<RemovedCounts> {
    let kept = 0;
    const dropped = await dropPartitionsBefore(
      this.database,
      'apt_planned_packages',
      before,
      signal,
      async ({ name, to }, run) => {
        kept += await run(carryOver(name), [APT_UPDATE_ANALYZE_CONTRACT, lowestId(to)]);
      },
    );
    return { apt_planned_packages_partitions: dropped, apt_planned_packages_carried_over: kept };
  }
}

/** A UUID version 7 of now, made in the database: uuidv7() is there from version 18 on only. */
const NEW_ID = `
  encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid()) PLACING
    substring(int8send((extract(epoch FROM database_now()) * 1000)::bigint) FROM 3) FROM 1 FOR 6), 52, 1), 53, 1), 'hex')::uuid`;

/** Rows that a machine's newest analysis stands on, or its newest good one, go to the present month. */
function carryOver(partition: string): string {
  return `
    INSERT INTO apt_planned_packages (id, snapshot_id, machine_id, mode, name, arch, current_version, target_version, origin,
                                      operation, is_security, reason, reason_detail, dedup_key)
    SELECT ${NEW_ID}, p.snapshot_id, p.machine_id, p.mode, p.name, p.arch, p.current_version, p.target_version, p.origin,
           p.operation, p.is_security, p.reason, p.reason_detail, p.dedup_key
      FROM machines m
     CROSS JOIN LATERAL (
       SELECT COALESCE(newest.content_snapshot_id, newest.id) AS id
         FROM (VALUES (true), (false)) AS wanted (any_status)
        CROSS JOIN LATERAL (
          SELECT s.id, s.content_snapshot_id FROM snapshots s
           WHERE s.machine_id = m.id AND s.kind = $1 AND (wanted.any_status OR s.status <> 'error')
           ORDER BY s.created_at DESC, s.id DESC LIMIT 1) newest
       GROUP BY 1) stands_on
      JOIN ${partition} p ON p.snapshot_id = stands_on.id
     WHERE stands_on.id < $2`;
}
