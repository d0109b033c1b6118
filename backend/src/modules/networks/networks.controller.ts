import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { CurrentOrigin, type RequestOrigin } from '../../kernel/audit/request-origin';
import { RequirePermission } from '../../kernel/auth/access.decorators';
import { uuidPipe } from '../../kernel/http/validation';
import { ChangeNetworkDto, NetworkDto, NetworkVersionDto, SaveNetworkDto } from './dto/networks.dto';
import type { NetworkRecord } from './networks.repository';
import { NetworksService } from './networks.service';

@ApiTags('networks')
@Controller('networks')
export class NetworksController {
  constructor(private readonly networks: NetworksService) {}

  /** All networks by name, with how many machines belong to each and what runs and waits there now. */
  @Get()
  @RequirePermission('settings.read')
  async list(): Promise<NetworkDto[]> {
    return (await this.networks.list()).map(toDto);
  }

  /** Adds a network. 400 names the range; 409 `network_name_taken`, `network_range_taken`. */
  @Post()
  @RequirePermission('settings.write')
  async create(@Body() body: SaveNetworkDto, @CurrentOrigin() origin: RequestOrigin): Promise<NetworkDto> {
    return toDto(await this.networks.create(body, origin));
  }

  /** Changes what is given. What waits is handed out anew where it belongs now. 404; 409 `network_changed`, as above. */
  @Patch(':id')
  @RequirePermission('settings.write')
  async change(
    @Param('id', uuidPipe('id')) id: string,
    @Body() { seen, ...change }: ChangeNetworkDto,
    @CurrentOrigin() origin: RequestOrigin,
  ): Promise<NetworkDto> {
    return toDto(await this.networks.change(id, change, seen, origin));
  }

  /** Removes a network: its machines are bound by none, or by a wider one. 404; 409 `network_changed`. */
  @Delete(':id')
  @HttpCode(204)
  @RequirePermission('settings.write')
  remove(
    @Param('id', uuidPipe('id')) id: string,
    @Query() { seen }: NetworkVersionDto,
    @CurrentOrigin() origin: RequestOrigin,
  ): Promise<void> {
    return this.networks.remove(id, seen, origin);
  }
}

function toDto({ ranges, ...network }: NetworkRecord): NetworkDto {
  return { ...network, ranges: [...ranges] };
}
