import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { RequirePermission } from '../../kernel/auth/access.decorators';
import { invalidInput, notFound } from '../../kernel/errors/domain-error';
import { Contracts } from '../../kernel/contracts/contracts';
import { PageQueryDto } from '../../kernel/http/page-query.dto';
import { uuidPipe } from '../../kernel/http/validation';
import { say } from '../../kernel/http/validation.sentences';
import { Machines } from '../machines/machines.service';
import {
  AuditPageDto,
  AuditQueryDto,
  EventPageDto,
  SnapshotDetailDto,
  SnapshotPageDto,
  SnapshotQueryDto,
} from './dto/history.dto';
import { HistoryRepository } from './history.repository';

const id = uuidPipe('id');

@ApiTags('history')
@Controller()
export class HistoryController {
  constructor(
    private readonly history: HistoryRepository,
    private readonly machines: Machines,
    private readonly contracts: Contracts,
  ) {}

  /** What happened to a machine, newest first. */
  @Get('machines/:id/events')
  @RequirePermission('events.read')
  async events(@Param('id', id) machineId: string, @Query() query: PageQueryDto): Promise<EventPageDto> {
    await this.machines.required(machineId);
    return this.history.events(machineId, query);
  }

  /** Readings of a machine, newest first, without their documents. */
  @Get('machines/:id/snapshots')
  @RequirePermission('events.read')
  async snapshots(@Param('id', id) machineId: string, @Query() query: SnapshotQueryDto): Promise<SnapshotPageDto> {
    if (query.kind !== undefined) this.requireKind(query.kind);
    await this.machines.required(machineId);
    return this.history.snapshots(machineId, query.kind, query);
  }

  /** One reading with its whole document. */
  @Get('snapshots/:id')
  @RequirePermission('events.read')
  async snapshot(@Param('id', id) snapshotId: string): Promise<SnapshotDetailDto> {
    const snapshot = await this.history.snapshot(snapshotId);
    if (snapshot === null) throw notFound('snapshot');
    return snapshot;
  }

  /** The security audit, newest first. */
  @Get('audit')
  @RequirePermission('audit.read')
  audit(@Query() query: AuditQueryDto): Promise<AuditPageDto> {
    return this.history.audit(query, query);
  }

  /** Every kind of reading has a contract for its reduced form. */
  private requireKind(kind: string): void {
    const kinds = this.contracts.all().flatMap(({ name }) => /^(.+)\.important$/.exec(name)?.[1] ?? []);
    if (kinds.includes(kind)) return;
    throw invalidInput([{ field: 'kind', message: say.in({ field: 'kind', values: kinds.join(', ') }) }]);
  }
}
