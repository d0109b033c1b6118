import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../kernel/database/transaction';
import { ImportantMessages } from '../history/important-messages';
import type { ChangeStoreContext } from '../jobs/actions/change-action';
import { AptRepository } from './apt.repository';
import type { AptRunResult } from './contracts/apt-upgrade-result.v5';

/** Writes what every run of apt that changed packages came to, in the transaction that ends its job. */
@Injectable()
export class AptRunRecorder {
  constructor(
    private readonly repository: AptRepository,
    private readonly messages: ImportantMessages,
  ) {}

  async record(
    tx: Transaction,
    context: ChangeStoreContext,
    { packages, errors }: Pick<AptRunResult, 'packages' | 'errors'>,
    workedAt: Date | null = null,
  ): Promise<void> {
    await this.repository.storeApplied(tx, context, packages ?? [], workedAt ?? context.finishedAt);
    await this.repository.storeRunErrors(tx, context, errors);
    await this.messages.upsert(tx, {
      machineId: context.machineId,
      source: 'apt',
      snapshotId: null,
      executionId: context.executionId,
      messages: errors.map(({ kind, message, subject }) => ({
        category: 'error' as const,
        severity: 'error' as const,
        packageName: kind === 'maintainer_script_failed' ? subject : null,
        component: kind === 'maintainer_script_failed' ? null : subject,
        message,
        payload: { code: kind },
      })),
    });
  }
}
