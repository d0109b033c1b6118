import { Module, type OnModuleInit } from '@nestjs/common';
import { Contracts } from '../../kernel/contracts/contracts';
import { HistoryModule } from '../history/history.module';
import { JobsModule } from '../jobs/jobs.module';
import { MachinesModule } from '../machines/machines.module';
import { MachineProbeAction } from './actions/machine-probe.action';
import { MACHINE_PROBE, MACHINE_PROBE_IMPORTANT } from './contracts/machine-probe.v1.schema';

@Module({ imports: [MachinesModule, HistoryModule, JobsModule], providers: [MachineProbeAction] })
export class InventoryModule implements OnModuleInit {
  constructor(private readonly contracts: Contracts) {}

  onModuleInit(): void {
    this.contracts.register(MACHINE_PROBE, MACHINE_PROBE_IMPORTANT);
  }
}
