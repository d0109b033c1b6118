import { Body, Controller, Delete, Get, Param, Patch } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { RequirePermission } from '../../kernel/auth/access.decorators';
import { uuidPipe } from '../../kernel/http/validation';
import { ChangeMachineUiStateDto, MachineUiStateDto } from './dto/machine-ui-state.dto';
import { MachineUiStateService } from './machine-ui-state.service';

const machineId = uuidPipe('id');

/**
 * How machines are shown: one state per machine, shared by everybody. Whoever may see a machine may change it, since it
 * is where somebody left off looking and changes nothing about the machine.
 */
@ApiTags('settings')
@Controller('machine-ui-state')
export class MachineUiStateController {
  constructor(private readonly states: MachineUiStateService) {}

  /** The machines whose tiles are expanded: 500 at most, the latest first. */
  @Get()
  @RequirePermission('machines.read')
  expanded(): Promise<MachineUiStateDto[]> {
    return this.states.expanded();
  }

  /** How a machine is shown; all null when nobody has changed it. */
  @Get(':id')
  @RequirePermission('machines.read')
  get(@Param('id', machineId) id: string): Promise<MachineUiStateDto> {
    return this.states.of(id);
  }

  /** Changes what is given. 404 `not_found`. */
  @Patch(':id')
  @RequirePermission('machines.read')
  change(@Param('id', machineId) id: string, @Body() body: ChangeMachineUiStateDto): Promise<MachineUiStateDto> {
    return this.states.change(id, body);
  }

  /** Shows the machine as if nobody had changed anything. */
  @Delete(':id')
  @RequirePermission('machines.read')
  reset(@Param('id', machineId) id: string): Promise<MachineUiStateDto> {
    return this.states.reset(id);
  }
}
