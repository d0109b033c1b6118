import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { DataSource } from 'typeorm';
import { CurrentOrigin, type RequestOrigin } from '../../../kernel/audit/request-origin';
import { CurrentPrincipal, RequirePermission } from '../../../kernel/auth/access.decorators';
import { assertAllowed } from '../../../kernel/auth/access.guard';
import type { Principal } from '../../../kernel/auth/actor';
import { Contracts } from '../../../kernel/contracts/contracts';
import { notFound } from '../../../kernel/errors/domain-error';
import { createdPage, readCreatedCursor } from '../../../kernel/http/keyset-page';
import { uuidPipe } from '../../../kernel/http/validation';
import { ActionRegistry } from '../actions/action-registry';
import { JobDto } from '../dto/jobs.dto';
import type { GateStanding } from '../gate/start-gate';
import { toJob } from '../jobs.mapper';
import { Approvals } from '../rules/approvals';
import {
  ClonedRequestDto,
  CloneRequestDto,
  ConfirmRequestDto,
  RejectRequestDto,
  RequestDetailDto,
  RequestDto,
  RequestListQueryDto,
  RequestPageDto,
  TargetPlanDto,
} from './dto/requests.dto';
import { askedOf, type RequestWithPlan } from './request-record';
import { RequestStandings } from './request-standings';
import { RequestTargets, type RequestTarget } from './request-targets';
import { toRequest, toRequestDetail, toTargetPlan } from './requests.mapper';
import { RequestsReader, type RequestFilter } from './requests.reader';
import { Requests } from './requests.service';

const CURSOR_SCOPE = 'requests';

@ApiTags('requests')
@Controller('requests')
export class RequestsController {
  constructor(
    private readonly requests: Requests,
    private readonly reader: RequestsReader,
    private readonly targets: RequestTargets,
    private readonly approvals: Approvals,
    private readonly standings: RequestStandings,
    private readonly database: DataSource,
    private readonly registry: ActionRegistry,
    private readonly contracts: Contracts,
  ) {}

  /** Changes that were planned, newest first. */
  @Get()
  @RequirePermission('jobs.read')
  async list(@Query() query: RequestListQueryDto): Promise<RequestPageDto> {
    const filter: RequestFilter = {
      ...(query.status === undefined ? {} : { statuses: query.status }),
      ...(query.machineId === undefined ? {} : { machineId: query.machineId }),
      ...(query.decided === undefined ? {} : { decided: query.decided }),
    };
    const found = await this.reader.page(filter, query.limit + 1, readCreatedCursor(CURSOR_SCOPE, query.cursor));
    const { items, nextCursor } = createdPage(CURSOR_SCOPE, found, query.limit);
    return { items: items.map((request) => toRequest(request, this.registry)), nextCursor };
  }

  /** One request with its plan: exactly what would be changed. */
  @Get(':id')
  @RequirePermission('jobs.read')
  async get(@Param('id', uuidPipe('id')) id: string): Promise<RequestDetailDto> {
    const request = await this.reader.find(id);
    if (request === null) throw notFound('request');
    return this.detail(request);
  }

  /** One machine of a request for several, with its whole plan and the difference to the plan that was made there before. */
  @Get(':id/machines/:machineId')
  @RequirePermission('jobs.read')
  async target(
    @Param('id', uuidPipe('id')) id: string,
    @Param('machineId', uuidPipe('machineId')) machineId: string,
  ): Promise<TargetPlanDto> {
    const request = await this.reader.find(id);
    const target = request?.machineId === null ? await this.targets.find(id, machineId) : null;
    if (request === null || target === null) throw notFound('request');
    const { plan } = target;
    const difference = await this.reader.sinceLastPlan({ ...request, machineId, plan });
    const standings = await this.standingsOf(request, [target]);
    return toTargetPlan(request, target, { difference, standings }, this.registry, this.contracts);
  }

  /**
   * Confirms exactly the plan of this digest, and queues the job that carries it out; again, answers the same person with
   * the same job. Rules may leave it to whoever asked, to others, or to administrators: 403 `not_permitted`, `four_eyes`,
   * `administrator_needed`. 409 `digest_differs`, `plan_expired`, `request_rejected`, `request_decided`, `request_altered`,
   * `plan_blocked`; 400 `consequences_not_accepted` with the codes in `missing`; 403 with `windowOverride` without the permission for it,
   * 409 `window_too_short` or `window_unreadable` without it.
   */
  @Post(':id/confirm')
  @HttpCode(202)
  @RequirePermission('machines.run')
  async confirm(
    @Param('id', uuidPipe('id')) id: string,
    @Body() body: ConfirmRequestDto,
    @CurrentOrigin() origin: RequestOrigin,
    @CurrentPrincipal() principal: Principal,
  ): Promise<JobDto> {
    const { digest, accepted, windowOverride } = body;
    if (windowOverride !== undefined) assertAllowed(principal, 'windows.override');
    const given = { digest, accepted, reason: reasonOf(body), windowOverride };
    return toJob(await this.requests.confirm(id, given, origin), this.registry);
  }

  /**
   * Confirms the plans of several machines by the digest over all of them, and queues a job for each; machines that cannot be
   * worked on any more are left out. Again, changes nothing. Refused like the confirmation of one; 409 `request_planning`
   * while not every machine is planned.
   */
  @Post(':id/confirm-all')
  @HttpCode(202)
  @RequirePermission('machines.run')
  async confirmAll(
    @Param('id', uuidPipe('id')) id: string,
    @Body() body: ConfirmRequestDto,
    @CurrentPrincipal() principal: Principal,
    @CurrentOrigin() origin: RequestOrigin,
  ): Promise<RequestDto> {
    if (body.windowOverride !== undefined) assertAllowed(principal, 'windows.override');
    const { digest, accepted, windowOverride } = body;
    const given = { digest, accepted, reason: reasonOf(body), windowOverride };
    return toRequest(await this.requests.confirmMany(id, given, origin), this.registry);
  }

  /** Rejects a plan that waits. 409 `request_decided`. */
  @Post(':id/reject')
  @HttpCode(200)
  @RequirePermission('changes.confirm')
  async reject(
    @Param('id', uuidPipe('id')) id: string,
    @Body() body: RejectRequestDto,
    @CurrentOrigin() origin: RequestOrigin,
  ): Promise<RequestDto> {
    return toRequest(await this.requests.reject(id, reasonOf(body), origin), this.registry);
  }

  /** Takes back what one has asked for oneself. 403 `not_the_asker`, 409 `request_decided`. */
  @Post(':id/withdraw')
  @HttpCode(200)
  @RequirePermission('machines.run')
  async withdraw(
    @Param('id', uuidPipe('id')) id: string,
    @Body() body: RejectRequestDto,
    @CurrentOrigin() origin: RequestOrigin,
  ): Promise<RequestDto> {
    return toRequest(await this.requests.withdraw(id, reasonOf(body), origin), this.registry);
  }

  /**
   * Plans again what this request asked for, on all of its machines or some, with the same parameters; what has expired is never
   * opened again.
   */
  @Post(':id/clone')
  @HttpCode(202)
  @RequirePermission('machines.run')
  async clone(
    @Param('id', uuidPipe('id')) id: string,
    @Body() { machineIds }: CloneRequestDto,
    @CurrentOrigin() origin: RequestOrigin,
  ): Promise<ClonedRequestDto> {
    const again = await this.requests.clone(id, origin, machineIds ?? null);
    return 'job' in again ? { jobId: again.job.id, requestId: null } : { jobId: null, requestId: again.requestId };
  }

  /** Confirmed, or asked for, it is told as its page shows it. */
  private async detail(request: RequestWithPlan): Promise<RequestDetailDto> {
    const difference = await this.reader.sinceLastPlan(request);
    const targets = request.machineId === null ? await this.targets.of(request.id) : null;
    const standings = await this.standingsOf(request, targets ?? []);
    const approval = await this.approvals.effective(this.database, askedOf(request));
    return toRequestDetail(request, approval, { difference, targets, standings }, this.registry, this.contracts);
  }

  /** When the change may begin, where somebody can still confirm it. */
  private async standingsOf(
    { action, status, planning }: RequestWithPlan,
    targets: readonly RequestTarget[],
  ): Promise<ReadonlyMap<string, GateStanding>> {
    if (status !== 'pending' || planning > 0) return new Map();
    const waiting = targets.filter((target) => target.status === 'pending');
    return this.standings.of(
      action,
      waiting.map(({ machineId }) => machineId),
    );
  }
}

function reasonOf({ reason }: RejectRequestDto): string | null {
  const text = reason?.trim() ?? '';
  return text === '' ? null : text;
}
