import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { DataSource } from 'typeorm';
import { RequirePermission } from '../../../kernel/auth/access.decorators';
import { uuidPipe } from '../../../kernel/http/validation';
import { ActionRegistry } from '../actions/action-registry';
import { MachineMaintenanceDto, MaintenanceQueryDto } from '../dto/maintenance.dto';
import { toMaintenance } from './maintenance.mapper';
import { StartGate } from './start-gate';

@ApiTags('maintenance-windows')
@Controller('machines/:id/maintenance')
export class MaintenanceController {
  constructor(
    private readonly dataSource: DataSource,
    private readonly registry: ActionRegistry,
    private readonly gate: StartGate,
  ) {}

  /** When changes may begin on a machine, by the windows that count for it. 404 `unknown_action`. */
  @Get()
  @RequirePermission('machines.read')
  async get(
    @Param('id', uuidPipe('id')) machineId: string,
    @Query() { action }: MaintenanceQueryDto,
  ): Promise<MachineMaintenanceDto> {
    const actions = action === undefined ? [] : [this.registry.require(action).declaration];
    const wanted = [{ machineId, seconds: action === undefined ? 0 : null }];
    const [found] = await this.gate.standings(this.dataSource.manager, wanted, actions);
    if (found === undefined) throw new Error('the gate did not answer for the machine');
    return toMaintenance(found);
  }
}
