import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Contracts } from '../../kernel/contracts/contracts';
import { unreadable } from '../../kernel/contracts/document.dto';
import { queryRows } from '../../kernel/database/rows';
import { momentOf } from '../../kernel/database/ids';
import { decodeCursor, encodeCursor, keyForms } from '../../kernel/http/keyset-cursor';
import type { Page, PageRequest } from '../../kernel/http/keyset-page';
import { APT_EXTERNAL_CHANGE_RESULT_IMPORTANT } from './contracts/apt-external-change-result.v1';
import type { PackageChangeDto } from './dto/package-changes.dto';

const SCOPE = 'package-changes';
const OF_EXECUTION = 'execution-packages';

/** When a package changed, where, and by whom: our runs and those of others in one list. */
@Injectable()
export class PackageChangesReader {
  constructor(
    private readonly dataSource: DataSource,
    private readonly contracts: Contracts,
  ) {}

  /** Newest first: ids begin with the time of the change. What was planned and did not happen is no change. */
  async page(
    name: string,
    machineId: string | undefined,
    { cursor, limit }: PageRequest,
  ): Promise<Page<PackageChangeDto>> {
    const [after = null] = cursor === undefined ? [] : decodeCursor(SCOPE, [keyForms.uuid], cursor);
    const found = await queryRows<Found>(this.dataSource, CHANGES, [name, machineId ?? null, after, limit + 1]);
    const last = found.length > limit ? found[limit - 1] : undefined;
    return {
      items: found.slice(0, limit).map((row) => this.named(row)),
      nextCursor: last === undefined ? null : encodeCursor(SCOPE, [last.id]),
    };
  }

  /** By name. What was planned and did not happen is no change. */
  async ofExecution(executionId: string, { cursor, limit }: PageRequest): Promise<Page<PackageChangeDto>> {
    const forms = [keyForms.text, keyForms.uuid];
    const [name = null, id = null] = cursor === undefined ? [] : decodeCursor(OF_EXECUTION, forms, cursor);
    const found = await queryRows<Found>(this.dataSource, CHANGES_OF, [executionId, name, id, limit + 1]);
    const last = found.length > limit ? found[limit - 1] : undefined;
    return {
      items: found.slice(0, limit).map((row) => this.named(row)),
      nextCursor: last === undefined ? null : encodeCursor(OF_EXECUTION, [last.name, last.id]),
    };
  }

  /** Who made a change of others, and by which command; what was stored where this program cannot read it. */
  private named({ told, ...row }: Found): PackageChangeDto {
    const change = { ...row, at: momentOf(row.id) };
    if (told === null) return { ...change, command: null, unreadable: [] };
    const { name } = APT_EXTERNAL_CHANGE_RESULT_IMPORTANT;
    const reading = this.contracts.read<Told>(name, told);
    const known = reading.readable ? pick(reading.document) : { actor: null, command: null };
    return { ...change, ...known, unreadable: unreadable({ [name]: reading }) };
  }
}

/** A row with the reduced document of a change of others. */
type Found = Omit<PackageChangeDto, 'at' | 'command' | 'unreadable'> & { readonly told: unknown };
type Told = Pick<PackageChangeDto, 'actor' | 'command'>;

const pick = ({ actor, command }: Told): Told => ({ actor, command });

const SELECTED = `
  SELECT p.id, p.machine_id AS "machineId", m.name AS "machineName", p.name, p.arch, p.operation,
         p.from_version AS "fromVersion", p.to_version AS "toVersion", p.origin, e.mode,
         COALESCE(j.requested_by_name, r.approved_by) AS actor,
         CASE WHEN e.mode = 'external' THEN e.important_json END AS told, e.id AS "executionId", e.job_id AS "jobId"
    FROM apt_applied_packages p
    JOIN executions e ON e.id = p.execution_id
    JOIN machines m ON m.id = p.machine_id
    LEFT JOIN jobs j ON j.id = e.job_id
    LEFT JOIN action_requests r ON r.id = e.request_id`;

const CHANGES = `${SELECTED}
   WHERE p.name = $1 AND p.operation <> 'unchanged' AND ($2::uuid IS NULL OR p.machine_id = $2)
     AND ($3::uuid IS NULL OR p.id < $3)
   ORDER BY p.id DESC LIMIT $4`;

const CHANGES_OF = `${SELECTED}
   WHERE p.execution_id = $1 AND p.operation <> 'unchanged'
     AND ($2::text IS NULL OR (p.name COLLATE "C", p.id) > ($2 COLLATE "C", $3::uuid))
   ORDER BY p.name COLLATE "C", p.id LIMIT $4`;
