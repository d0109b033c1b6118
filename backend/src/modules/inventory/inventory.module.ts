import { Module, type OnModuleInit } from '@nestjs/common';
import { Contracts } from '../../kernel/contracts/contracts';
import { HistoryModule } from '../history/history.module';
import { JobsModule } from '../jobs/jobs.module';
import { MachinesModule } from '../machines/machines.module';
import { MachineProbeAction } from './actions/machine-probe.action';
import { machineProbeImportantSchema, machineProbeSchema } from './contracts/machine-probe.v1.schema';
import { MACHINE_PROBE_CONTRACT, MACHINE_PROBE_VERSION } from './contracts/machine-probe.v1';

@Module({ imports: [MachinesModule, HistoryModule, JobsModule], providers: [MachineProbeAction] })
export class InventoryModule implements OnModuleInit {
  constructor(private readonly contracts: Contracts) {}

  onModuleInit(): void {
    this.contracts.register({
      name: MACHINE_PROBE_CONTRACT,
      version: MACHINE_PROBE_VERSION,
      schema: machineProbeSchema,
    });
    this.contracts.register({
      name: `${MACHINE_PROBE_CONTRACT}.important`,
      version: MACHINE_PROBE_VERSION,
      schema: machineProbeImportantSchema,
    });
  }
}
