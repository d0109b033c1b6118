import { Injectable } from '@nestjs/common';
import { affected, queryOne, queryRows } from '../../../kernel/database/rows';
import type { Transaction } from '../../../kernel/database/transaction';
import { LiveBus } from '../../../kernel/live/live-bus';
import { ActionRegistry } from '../actions/action-registry';
import type { ChangeDeclaration } from '../actions/change-action';
import { say } from '../jobs.sentences';

/** So long until it is looked again whether the other machine is done, in seconds. */
const AGAIN_SECONDS = 15;

type ApartDeclaration = ChangeDeclaration & { readonly apart: string };

/** A job that is about to be taken. */
interface Taken {
  readonly jobId: string;
  readonly kind: string | null;
}

interface SharingRow {
  readonly id: string;
  readonly kind: string;
  /** What the machine has in common with others, as the confirmed plan says it. */
  readonly shared: string;
}

/**
 * Of machines that belong together, as the nodes of a cluster do, one at a time is changed by an action that says so (`apart` of its
 * declaration). The others wait for it, for as long as their plans are valid.
 */
@Injectable()
export class ApartRuns {
  constructor(
    private readonly registry: ActionRegistry,
    private readonly bus: LiveBus,
  ) {}

  /**
   * Holds those of these jobs back that may not begin beside another one. Belongs into the transaction that takes them, under the lock
   * of all workers that take jobs (`StartRooms.look`): what another has just taken is to be seen.
   */
  async holdBack(tx: Transaction, jobs: readonly Taken[]): Promise<void> {
    const apart = this.registry.declarations().filter((one): one is ApartDeclaration => 'apart' in one);
    const kinds = apart.map(({ name }) => name);
    // Hardly ever one of them: whoever takes jobs asks nothing for the others.
    const jobIds = jobs.filter(({ kind }) => kind !== null && kinds.includes(kind)).map(({ jobId }) => jobId);
    if (jobIds.length === 0) return;
    const words = apart.map((one) => one.apart);
    const taken = new Set<string>();
    for (const { id, kind, shared } of await queryRows<SharingRow>(tx.manager, TO_TAKE, [jobIds, kinds, words])) {
      const free = !taken.has(shared) && (await queryOne(tx.manager, AT_WORK, [shared, kinds])) === null;
      taken.add(shared);
      const declaration = apart.find(({ name }) => name === kind);
      if (free || declaration === undefined) continue;
      const { title, validForSeconds } = declaration;
      await affected(tx.manager, HOLD, [id, AGAIN_SECONDS, validForSeconds, say.waits_apart({ action: title })]);
      this.bus.changed(tx, { jobIds: [id] });
    }
  }
}

const PLAN = `JOIN action_request_targets t ON t.request_id = j.request_id AND t.machine_id = j.machine_id`;

const TO_TAKE = `
  SELECT j.id, j.kind, line.text AS shared
  FROM jobs j JOIN unnest($2::text[], $3::text[]) AS apart (kind, word) ON apart.kind = j.kind ${PLAN}
    CROSS JOIN LATERAL jsonb_array_elements_text(t.plan_json -> 'lines') AS line (text)
  WHERE j.id = ANY($1::uuid[]) AND j.status = 'queued' AND j.phase = 'dispatched' AND line.text LIKE apart.word || ' %'
  ORDER BY j.id`;

const AT_WORK = `
  SELECT j.id FROM jobs j ${PLAN}
  WHERE j.status = 'running' AND j.kind = ANY($2::text[]) AND t.plan_json -> 'lines' ? $1 LIMIT 1`;

const HOLD = `
  UPDATE jobs SET phase = 'waiting', boss_job_id = NULL, available_at = database_now() + make_interval(secs => $2::int),
    start_before = COALESCE(start_before, created_at + make_interval(secs => $3::int)), error_kind = 'runs_apart', error_message = $4
  WHERE id = $1 AND status = 'queued'`;
