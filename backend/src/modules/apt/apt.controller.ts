import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { RequirePermission } from '../../kernel/auth/access.decorators';
import { Clock } from '../../kernel/clock';
import { noticeOf } from '../../kernel/contracts/document.dto';
import { DomainError } from '../../kernel/errors/domain-error';
import { uuidPipe } from '../../kernel/http/validation';
import { Snapshots } from '../history/snapshots';
import { SettingsService } from '../settings/settings.service';
import { AptHolds } from './apt-holds';
import { toAptState } from './apt-state.mapper';
import { APT_UPDATE_ANALYZE_CONTRACT, type AptUpdateAnalyze } from './contracts/apt-update-analyze.v1';
import { AptStateDto } from './dto/apt.dto';
import { ErrorStandingDto, ErrorStandingsQueryDto } from './dto/error-kinds.dto';
import { say } from './apt.sentences';
import { Looks } from './remedies/looks';

@ApiTags('apt')
@Controller('machines/:id/apt')
export class AptController {
  constructor(
    private readonly snapshots: Snapshots,
    private readonly clock: Clock,
    private readonly settings: SettingsService,
    private readonly holds: AptHolds,
    private readonly looks: Looks,
  ) {}

  /** Whether errors that were met on the machine are gone, by what has looked at it since. */
  @Get('error-standings')
  @RequirePermission('machines.read')
  errorStandings(
    @Param('id', uuidPipe('id')) id: string,
    @Query() { kinds, by, since }: ErrorStandingsQueryDto,
  ): Promise<ErrorStandingDto[]> {
    return this.looks.standings(id, kinds, by, since);
  }

  /** The last analysis: pending packages, what is left back and why, repositories, reboot. */
  @Get()
  @RequirePermission('machines.read')
  async state(@Param('id', uuidPipe('id')) id: string): Promise<AptStateDto> {
    const snapshot = await this.snapshots.latest(id, APT_UPDATE_ANALYZE_CONTRACT);
    if (snapshot === null) {
      throw new DomainError({
        code: 'not_analysed',
        status: 404,
        detail: say.not_analysed(),
        action: say.not_analysed_action(),
      });
    }
    const { payload } = snapshot;
    if (!payload.readable) {
      throw new DomainError({
        code: 'document_unreadable',
        status: 409,
        detail: noticeOf(APT_UPDATE_ANALYZE_CONTRACT, payload.reason, payload.version),
        action: say.document_unreadable_action(),
        extensions: { snapshotId: snapshot.id },
      });
    }
    const indexStaleDays = await this.settings.get('machines.index_stale_days');
    const holds = await this.holds.of(id);
    return toAptState(snapshot, payload.document as AptUpdateAnalyze, { now: this.clock.now(), indexStaleDays, holds });
  }
}
