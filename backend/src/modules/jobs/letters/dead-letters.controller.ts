import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { CurrentOrigin, type RequestOrigin } from '../../../kernel/audit/request-origin';
import { CurrentPrincipal, RequirePermission } from '../../../kernel/auth/access.decorators';
import type { Principal } from '../../../kernel/auth/actor';
import { invalidInput } from '../../../kernel/errors/domain-error';
import { uuidPipe } from '../../../kernel/http/validation';
import { saidIn } from '../../../kernel/sentences/said';
import { ActionRegistry } from '../actions/action-registry';
import { JobDto } from '../dto/jobs.dto';
import type { JobRecord } from '../job-record';
import { toJob } from '../jobs.mapper';
import { DeadLettersReader } from './dead-letters.reader';
import { DeadLetters, type Redriven } from './dead-letters.service';
import {
  ChosenLettersDto,
  DeadLetterPageDto,
  DeadLetterQueryDto,
  DismissedLettersDto,
  DismissLettersDto,
  LETTERS_AT_ONCE,
  RedrivenLettersDto,
  type DeadLetterDto,
  type LetterWay,
  type RedrivenDto,
} from './dto/dead-letters.dto';
import { say } from './letters.sentences';

/** Jobs that ended without a result. */
@ApiTags('jobs')
@Controller('jobs')
export class DeadLettersController {
  constructor(
    private readonly letters: DeadLetters,
    private readonly reader: DeadLettersReader,
    private readonly registry: ActionRegistry,
  ) {}

  /** Jobs that ended without a result and that nobody has dealt with, newest first, with the counts of all. */
  @Get('dead-letters')
  @RequirePermission('jobs.read')
  async list(@Query() { cursor, limit, ...filter }: DeadLetterQueryDto): Promise<DeadLetterPageDto> {
    const { items, nextCursor } = await this.reader.page(filter, {
      limit,
      ...(cursor === undefined ? {} : { cursor }),
    });
    return { items: items.map((job) => this.toLetter(job)), nextCursor, counts: await this.reader.counts() };
  }

  /** Dismisses dead letters, named or by what they have in common. Those that somebody has dealt with stay as they are. */
  @Post('dead-letters/dismiss')
  @HttpCode(200)
  @RequirePermission('jobs.redrive')
  async dismiss(@Body() body: DismissLettersDto, @CurrentOrigin() origin: RequestOrigin): Promise<DismissedLettersDto> {
    const { ids, nextCursor } = await this.chosen(body);
    const reason = body.reason?.trim() ?? '';
    const dismissed = await this.letters.dismiss(ids, reason === '' ? null : reason, origin);
    return { dismissed: dismissed.length, nextCursor };
  }

  /** Starts many dead letters again, named or by what they have in common; the answer says of each what became of it. */
  @Post('redrive')
  @HttpCode(202)
  @RequirePermission('jobs.redrive')
  async redriveMany(
    @Body() body: ChosenLettersDto,
    @CurrentPrincipal() principal: Principal,
    @CurrentOrigin() origin: RequestOrigin,
  ): Promise<RedrivenLettersDto> {
    const { ids, nextCursor } = await this.chosen(body);
    const results = (await this.letters.redriveMany(ids, { principal, origin })).map(toRedriven);
    const queued = results.filter(({ outcome }) => outcome === 'queued').length;
    return { results, queued, refused: results.length - queued, nextCursor };
  }

  /**
   * Queues a reading job that ended without a result again, with the parameters that it had; again, answers with the same
   * job. 409 `not_dead_letter`, `dead_letter_settled`, `plan_needed` for a change (with its `requestId`, to be planned again by
   * `POST /requests/{id}/clone`), `parameters_unreadable`, `unknown_action`, or why the machine cannot be worked on.
   */
  @Post(':id/redrive')
  @HttpCode(202)
  @RequirePermission('jobs.redrive')
  async redrive(
    @Param('id', uuidPipe('id')) id: string,
    @CurrentPrincipal() principal: Principal,
    @CurrentOrigin() origin: RequestOrigin,
  ): Promise<JobDto> {
    return toJob(await this.letters.redrive(id, { principal, origin }), this.registry);
  }

  private async chosen({ ids, cursor, errorKind, action, machineId }: ChosenLettersDto) {
    const named = ids !== undefined;
    const common = [errorKind, action, machineId].some((part) => part !== undefined);
    if (named === common) throw invalidInput([{ field: 'ids', message: say.which() }]);
    if (ids !== undefined) return { ids, nextCursor: null };
    const found = await this.reader.ids(
      { errorKind, action, machineId },
      { limit: LETTERS_AT_ONCE, ...(cursor === undefined ? {} : { cursor }) },
    );
    return { ids: found.items, nextCursor: found.nextCursor };
  }

  private toLetter(job: JobRecord): DeadLetterDto {
    return Object.assign(toJob(job, this.registry), { way: this.way(job) });
  }

  private way({ kind, requestId }: JobRecord): LetterWay {
    const action = this.registry.find(kind);
    if (action === undefined) return 'none';
    if (action.declaration.kind === 'read') return 'redrive';
    return requestId === null ? 'none' : 'plan';
  }
}

function toRedriven({ jobId, machineId, newJobId, refusal }: Redriven): RedrivenDto {
  const told = { message: refusal?.detail ?? null, action: refusal?.action ?? null };
  return {
    jobId,
    machineId,
    outcome: newJobId === null ? 'refused' : 'queued',
    newJobId,
    code: refusal?.code ?? null,
    ...told,
    said: saidIn(told, ['message', 'action']),
  };
}
