import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { CurrentOrigin, type RequestOrigin } from '../../../../kernel/audit/request-origin';
import { CurrentPrincipal, RequirePermission } from '../../../../kernel/auth/access.decorators';
import { assertAllowed } from '../../../../kernel/auth/access.guard';
import type { Principal } from '../../../../kernel/auth/actor';
import { PageQueryDto } from '../../../../kernel/http/page-query.dto';
import { uuidPipe } from '../../../../kernel/http/validation';
import { saidIn } from '../../../../kernel/sentences/said';
import { ActionRegistry } from '../../actions/action-registry';
import { toMaintenance } from '../../gate/maintenance.mapper';
import type { GateStanding } from '../../gate/start-gate';
import { toRequest } from '../requests.mapper';
import type { RequestWithPlan } from '../request-record';
import { RequestStandings } from '../request-standings';
import {
  ConfirmEachDto,
  InboxPageDto,
  RejectEachDto,
  RequestGroupPageDto,
  EachResultsDto,
  type EachResultDto,
  type GroupedRequestDto,
} from './dto/inbox.dto';
import { EachDecision, type EachResult } from './each-decision';
import { RequestInbox } from './request-inbox';

/** What waits for people, and decisions about many of them. */
@ApiTags('requests')
@Controller('request-inbox')
export class RequestInboxController {
  constructor(
    private readonly inbox: RequestInbox,
    private readonly decisions: EachDecision,
    private readonly standings: RequestStandings,
    private readonly registry: ActionRegistry,
  ) {}

  /** Requests that wait, what ends first first; those that one run of a schedule left to people stand together. */
  @Get()
  @RequirePermission('jobs.read')
  async list(@Query() query: PageQueryDto): Promise<InboxPageDto> {
    const { items, nextCursor } = await this.inbox.page(query);
    return {
      items: items.map(({ request, reasons, ...rest }) => ({
        ...rest,
        request: toRequest(request, this.registry),
        reasons: reasons.map((reason) => ({ ...reason, said: saidIn(reason, ['sentence']) })),
      })),
      nextCursor,
      total: await this.inbox.count(),
    };
  }

  /** The requests of one action that one run of a schedule left to people, and that wait. */
  @Get(':occurrenceId/:action')
  @RequirePermission('jobs.read')
  async group(
    @Param('occurrenceId', uuidPipe('occurrenceId')) occurrenceId: string,
    @Param('action') action: string,
    @Query() query: PageQueryDto,
  ): Promise<RequestGroupPageDto> {
    const group = { occurrenceId, action: this.registry.require(action).declaration.name };
    const { items, nextCursor } = await this.inbox.group(group, query);
    const machineIds = items.flatMap(({ machineId }) => machineId ?? []);
    const standings = await this.standings.of(group.action, machineIds);
    return {
      items: items.map((one) => this.toGrouped(one, standings.get(one.machineId ?? ''))),
      nextCursor,
      total: await this.inbox.count(group),
    };
  }

  /**
   * Confirms many plans, each by its own digest and under its own rules, as `POST /requests/{id}/confirm` does; the answer
   * says of each what became of it. 403 with `windowOverride` without the permission for it.
   */
  @Post('confirm')
  @HttpCode(200)
  @RequirePermission('machines.run')
  async confirm(
    @Body() body: ConfirmEachDto,
    @CurrentOrigin() origin: RequestOrigin,
    @CurrentPrincipal() principal: Principal,
  ): Promise<EachResultsDto> {
    const { requests, windowOverride } = body;
    if (windowOverride !== undefined) assertAllowed(principal, 'windows.override');
    const reason = reasonOf(body);
    const wanted = requests.map(({ id, digest, accepted }) => ({ id, digest, accepted, reason, windowOverride }));
    return toResults(await this.decisions.confirm(wanted, origin));
  }

  /** Rejects many plans that wait; the answer says of each what became of it. */
  @Post('reject')
  @HttpCode(200)
  @RequirePermission('changes.confirm')
  async reject(@Body() body: RejectEachDto, @CurrentOrigin() origin: RequestOrigin): Promise<EachResultsDto> {
    return toResults(await this.decisions.reject(body.ids, reasonOf(body), origin));
  }

  private toGrouped(request: RequestWithPlan, standing: GateStanding | undefined): GroupedRequestDto {
    const { plan, unreadable } = request;
    const blocked = plan?.checks.some(({ verdict }) => verdict === 'blocked') ?? true;
    return Object.assign(toRequest(request, this.registry), {
      lines: [...(plan?.lines ?? [])],
      consequences: (plan?.consequences ?? []).map((one) => ({ ...one, said: saidIn(one, ['sentence']) })),
      blocked: blocked || unreadable.length > 0,
      maintenance: standing === undefined ? null : toMaintenance(standing),
    });
  }
}

function toResults(found: readonly EachResult[]): EachResultsDto {
  const results = found.map(toResult);
  const decided = results.filter(({ outcome }) => outcome === 'decided').length;
  return { results, decided, refused: results.length - decided };
}

function toResult({ id, jobId, refusal }: EachResult): EachResultDto {
  const told = { message: refusal?.detail ?? null, action: refusal?.action ?? null };
  return {
    ...told,
    id,
    outcome: refusal === null ? 'decided' : 'refused',
    jobId,
    code: refusal?.code ?? null,
    said: saidIn(told, ['message', 'action']),
  };
}

function reasonOf({ reason }: { readonly reason?: string }): string | null {
  const text = reason?.trim() ?? '';
  return text === '' ? null : text;
}
