import { Injectable } from '@nestjs/common';
import { AuditLog } from '../../../kernel/audit/audit-log';
import type { RequestOrigin } from '../../../kernel/audit/request-origin';
import { affected } from '../../../kernel/database/rows';
import { TransactionRunner } from '../../../kernel/database/transaction';
import { DomainError, notFound } from '../../../kernel/errors/domain-error';
import { LiveBus } from '../../../kernel/live/live-bus';
import { ActionRegistry } from '../actions/action-registry';
import { Dispatcher } from '../dispatcher';
import { JobsReader } from '../jobs.reader';
import { say } from '../jobs.sentences';

/** Lets a change begin that waits for its maintenance window, because a person says why. */
@Injectable()
export class WindowOverrides {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly dispatcher: Dispatcher,
    private readonly reader: JobsReader,
    private readonly registry: ActionRegistry,
    private readonly audit: AuditLog,
    private readonly bus: LiveBus,
  ) {}

  /**
   * The change is valid from now on for as long as a plan is that was confirmed just now.
   * @throws DomainError 404, or 409 `not_held` when it does not wait for a window (any more)
   */
  async begin(jobId: string, reason: string, by: RequestOrigin): Promise<void> {
    await this.transactions.run(async (tx) => {
      const job = await this.reader.find(jobId, tx.manager);
      if (job === null) throw notFound('job');
      await this.dispatcher.lockMachines(tx, [job.machineId]);
      const { declaration } = this.registry.require(job.kind);
      const validSeconds = declaration.kind === 'change' ? declaration.validForSeconds : 0;
      if ((await affected(tx.manager, BEGIN, [jobId, reason, validSeconds])) === 0) {
        throw new DomainError({ code: 'not_held', status: 409, detail: say.not_held() });
      }
      await this.audit.record(tx.manager, {
        ...by,
        action: 'window.overridden',
        objectType: 'job',
        objectId: jobId,
        machineId: job.machineId,
        outcome: 'ok',
        details: { action: job.kind, reason },
      });
      await this.dispatcher.dispatch(tx, [job.machineId]);
      this.bus.changed(tx, { jobIds: [jobId] });
    });
  }
}

const BEGIN = `
  UPDATE jobs SET window_override = $2, available_at = NULL, window_name = NULL,
    start_before = database_now() + make_interval(secs => $3::int)
  WHERE id = $1 AND status = 'queued' AND phase = 'waiting' AND window_override IS NULL AND window_name IS NOT NULL
    AND available_at > database_now() AND start_before > database_now()`;
