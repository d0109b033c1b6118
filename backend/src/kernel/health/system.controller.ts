import { Controller, Get } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { DataSource } from 'typeorm';
import { RequirePermission } from '../auth/access.decorators';
import { Config } from '../config/config';
import { queryOne } from '../database/rows';
import { nativeCrypto } from '../ssh/native-crypto';
import { version } from '../version';
import { HealthChecks } from './health-check';
import { SystemDto } from './health.dto';

@ApiTags('system')
@Controller('system')
export class SystemController {
  constructor(
    private readonly config: Config,
    private readonly database: DataSource,
    private readonly checks: HealthChecks,
  ) {}

  /** What runs here. */
  @Get()
  @RequirePermission('system.read')
  async info(): Promise<SystemDto> {
    const row = await queryOne<{ server_version: string }>(this.database.manager, 'SHOW server_version');
    return {
      version,
      role: this.config.env.ROLE,
      databaseVersion: row?.server_version ?? 'unknown',
      nodeVersion: process.versions.node,
      nativeSshCrypto: nativeCrypto(),
      checks: await this.checks.run(),
    };
  }
}
