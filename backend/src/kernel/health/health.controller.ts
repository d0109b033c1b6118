import { Controller, Get, ServiceUnavailableException } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { DataSource } from 'typeorm';
import { Public } from '../auth/access.decorators';
import { AnyQuery } from '../http/input.guard';
import { HealthDto } from './health.dto';

/** For load balancers and orchestrators; tells nothing about the inside. */
@ApiTags('system')
@Controller('health')
export class HealthController {
  constructor(private readonly database: DataSource) {}

  /** The process runs and its event loop turns. */
  @Get('live')
  @Public()
  @AnyQuery()
  live(): HealthDto {
    return { status: 'ok' };
  }

  /** Requests can be served: the database answers. */
  @Get('ready')
  @Public()
  @AnyQuery()
  async ready(): Promise<HealthDto> {
    try {
      await this.database.query('SELECT 1');
    } catch (cause) {
      throw new ServiceUnavailableException('The database does not answer.', { cause });
    }
    return { status: 'ok' };
  }
}
