import { Body, Controller, Get, HttpCode, Param, Patch, Post, Put, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { CurrentOrigin, type RequestOrigin } from '../../kernel/audit/request-origin';
import { RequirePermission } from '../../kernel/auth/access.decorators';
import { uuidPipe } from '../../kernel/http/validation';
import { CredentialsInputDto, CredentialsSummaryDto } from '../credentials/dto/credentials.dto';
import { ConnectionTests } from './connection-tests';
import { ConnectionTestDto } from './dto/connection-test.dto';
import { MachineDetailDto } from './dto/machine-detail.dto';
import { MachineHardwareDto, MachineMetricsDto } from './dto/machine-facts.dto';
import { ChangeMachineDto, CreateMachineDto, PurgeMachineDto } from './dto/machine-input.dto';
import { MachineListQueryDto } from './dto/machine-list-query.dto';
import { MachinePageDto } from './dto/machine-tile.dto';
import { MachineDetails } from './machine-details';
import { MachineFacts } from './machine-facts';
import { MachinePurge } from './machine-purge';
import { MachineTiles } from './machine-tiles';
import { Machines } from './machines.service';

const machineId = uuidPipe('id');

@ApiTags('machines')
@Controller('machines')
export class MachinesController {
  constructor(
    private readonly machines: Machines,
    private readonly purges: MachinePurge,
    private readonly tiles: MachineTiles,
    private readonly details: MachineDetails,
    private readonly facts: MachineFacts,
    private readonly tests: ConnectionTests,
  ) {}

  /** One page of tiles, filtered and sorted, with counts by need. */
  @Get()
  @RequirePermission('machines.read')
  list(@Query() query: MachineListQueryDto): Promise<MachinePageDto> {
    return this.tiles.page(query);
  }

  /** Adds a machine. 409 `machine_address_taken` names the one that has the address. */
  @Post()
  @RequirePermission('machines.write')
  async create(@Body() body: CreateMachineDto, @CurrentOrigin() origin: RequestOrigin): Promise<MachineDetailDto> {
    return this.details.of(await this.machines.create(body, origin));
  }

  /** Everything but secrets. 410 `machine_purged`. */
  @Get(':id')
  @RequirePermission('machines.read')
  get(@Param('id', machineId) id: string): Promise<MachineDetailDto> {
    return this.details.of(id);
  }

  /** Changes what is given. 409 `machine_address_taken`, `machine_archived`. */
  @Patch(':id')
  @RequirePermission('machines.write')
  async change(
    @Param('id', machineId) id: string,
    @Body() body: ChangeMachineDto,
    @CurrentOrigin() origin: RequestOrigin,
  ): Promise<MachineDetailDto> {
    await this.machines.change(id, body, origin);
    return this.details.of(id);
  }

  /** Takes a machine out of use; everything it has is kept. 409 `machine_busy`. */
  @Post(':id/archive')
  @HttpCode(204)
  @RequirePermission('machines.write')
  archive(@Param('id', machineId) id: string, @CurrentOrigin() origin: RequestOrigin): Promise<void> {
    return this.machines.archive(id, origin);
  }

  /** Takes an archived machine back into use. 409 `machine_address_taken`. */
  @Post(':id/restore')
  @HttpCode(200)
  @RequirePermission('machines.write')
  async restore(@Param('id', machineId) id: string, @CurrentOrigin() origin: RequestOrigin): Promise<MachineDetailDto> {
    await this.machines.restore(id, origin);
    return this.details.of(id);
  }

  /**
   * Removes an archived machine with everything that is known about it, for ever; its audit and a tombstone stay.
   * 409 `machine_not_archived`, `machine_busy`; 410 `machine_purged`.
   */
  @Post(':id/purge')
  @HttpCode(204)
  @RequirePermission('machines.purge')
  purge(
    @Param('id', machineId) id: string,
    @Body() body: PurgeMachineDto,
    @CurrentOrigin() origin: RequestOrigin,
  ): Promise<void> {
    return this.purges.purge(id, body.name, origin);
  }

  /** Replaces how to sign in, all of it. Nothing of it can be read again. */
  @Put(':id/credentials')
  @RequirePermission('credentials.write')
  async putCredentials(
    @Param('id', machineId) id: string,
    @Body() body: CredentialsInputDto,
    @CurrentOrigin() origin: RequestOrigin,
  ): Promise<CredentialsSummaryDto> {
    await this.machines.replaceCredentials(id, body, origin);
    return (await this.details.of(id)).credentials;
  }

  /** Connects, signs in, becomes root, and says how far it came. */
  @Post(':id/connection-test')
  @HttpCode(200)
  @RequirePermission('machines.run')
  testConnection(
    @Param('id', machineId) id: string,
    @CurrentOrigin() origin: RequestOrigin,
  ): Promise<ConnectionTestDto> {
    return this.tests.run(id, origin);
  }

  /** The latest hardware inventory. 404 `not_probed`. */
  @Get(':id/hardware')
  @RequirePermission('machines.read')
  hardware(@Param('id', machineId) id: string): Promise<MachineHardwareDto> {
    return this.facts.hardware(id);
  }

  /** The latest load, memory and file systems. 404 `not_probed`. */
  @Get(':id/metrics')
  @RequirePermission('machines.read')
  metrics(@Param('id', machineId) id: string): Promise<MachineMetricsDto> {
    return this.facts.metrics(id);
  }
}
