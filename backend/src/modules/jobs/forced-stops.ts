import { Injectable } from '@nestjs/common';
import { AuditLog } from '../../kernel/audit/audit-log';
import type { RequestOrigin } from '../../kernel/audit/request-origin';
import { affected } from '../../kernel/database/rows';
import { TransactionRunner } from '../../kernel/database/transaction';
import { DomainError, invalidInput, notFound } from '../../kernel/errors/domain-error';
import { LiveBus } from '../../kernel/live/live-bus';
import { ActionRegistry } from './actions/action-registry';
import { Dispatcher } from './dispatcher';
import { forceRefusal, type ForceRefusal } from './force-standing';
import { JobsReader } from './jobs.reader';
import { say } from './jobs.sentences';

/**
 * Takes note that a person wants a changing run ended by force; the worker that follows it ends its processes on the machine.
 * How the run ended says the machine: in the very moment it may have come to its end by itself.
 */
@Injectable()
export class ForcedStops {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly dispatcher: Dispatcher,
    private readonly reader: JobsReader,
    private readonly registry: ActionRegistry,
    private readonly audit: AuditLog,
    private readonly bus: LiveBus,
  ) {}

  /**
   * Asked for again it changes nothing.
   * @param typedName the machine's name, as the person typed it
   * @throws DomainError 404, 400 naming the field, or 409 with a {@link ForceRefusal}
   */
  async ask(jobId: string, typedName: string, reason: string, by: RequestOrigin): Promise<void> {
    await this.transactions.run(async (tx) => {
      const found = await this.reader.find(jobId, tx.manager);
      if (found === null) throw notFound('job');
      // The machine's queue first, as everybody who ends jobs.
      await this.dispatcher.lockMachines(tx, [found.machineId]);
      const job = await this.reader.find(jobId, tx.manager);
      if (job === null) throw notFound('job');
      const refusal = forceRefusal(job, this.registry);
      if (refusal !== null) throw refused(refusal);
      if (typedName !== job.machineName)
        throw invalidInput([{ field: 'machineName', message: say.typed_machine_name({ field: 'machineName' }) }]);
      if ((await affected(tx.manager, ASK, [jobId, by.actor.name, reason])) === 0) return;
      await this.audit.record(tx.manager, {
        ...by,
        action: 'job.force_stopped',
        objectType: 'job',
        objectId: jobId,
        machineId: job.machineId,
        outcome: 'ok',
        details: { action: job.kind, step: job.step, reason },
      });
      this.bus.changed(tx, { jobIds: [jobId] });
    });
  }
}

const ASK = `
  UPDATE jobs SET force_requested_at = database_now(), force_requested_by = $2, force_reason = $3
  WHERE id = $1 AND status = 'running' AND force_requested_at IS NULL`;

function refused(code: ForceRefusal): DomainError {
  const error = { code, status: 409 };
  switch (code) {
    case 'job_already_ended':
      return new DomainError({ ...error, detail: say.already_ended() });
    case 'run_not_alive':
      return new DomainError({ ...error, detail: say.run_not_alive() });
    case 'run_out_of_reach':
      return new DomainError({ ...error, detail: say.run_out_of_reach(), action: say.run_out_of_reach_action() });
    case 'cancel_possible':
      return new DomainError({ ...error, detail: say.cancel_possible(), action: say.cancel_possible_action() });
  }
}
