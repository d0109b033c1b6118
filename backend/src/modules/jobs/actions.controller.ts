import { Body, Controller, Get, HttpCode, Param, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { CurrentPrincipal, RequirePermission } from '../../kernel/auth/access.decorators';
import { assertAllowed } from '../../kernel/auth/access.guard';
import { actorOf, type Principal } from '../../kernel/auth/actor';
import { uuidPipe } from '../../kernel/http/validation';
import { ActionRegistry } from './actions/action-registry';
import { ActionDto, RunActionDto, RunActionOnManyDto, RunManyResultDto } from './dto/actions.dto';
import { JobDto } from './dto/jobs.dto';
import { toAction, toJob } from './jobs.mapper';
import { JobsService } from './jobs.service';
import { saidIn } from '../../kernel/sentences/said';

@ApiTags('jobs')
@Controller()
export class ActionsController {
  constructor(
    private readonly jobs: JobsService,
    private readonly registry: ActionRegistry,
  ) {}

  /** Everything that can be started on a machine. */
  @Get('actions')
  @RequirePermission('jobs.read')
  list(): ActionDto[] {
    return this.registry.declarations().map(toAction);
  }

  /** Starts an action on one machine. The very same job that waits or runs already is returned instead of a second one. */
  @Post('machines/:id/actions/:name')
  @HttpCode(202)
  @RequirePermission('machines.run')
  async run(
    @Param('id', uuidPipe('id')) machineId: string,
    @Param('name') name: string,
    @Body() body: RunActionDto,
    @CurrentPrincipal() principal: Principal,
  ): Promise<JobDto> {
    assertAllowed(principal, this.registry.require(name).declaration.permission);
    const { job, deduplicated } = await this.jobs.enqueue({
      machineId,
      action: name,
      parameters: body.parameters,
      priority: body.priority,
      requestedBy: actorOf(principal),
    });
    return Object.assign(toJob(job, this.registry), { deduplicated });
  }

  /** Starts an action on many machines. Machines that cannot take it are skipped, each with the reason. */
  @Post('actions/:name/run')
  @HttpCode(202)
  @RequirePermission('machines.run')
  async runMany(
    @Param('name') name: string,
    @Body() body: RunActionOnManyDto,
    @CurrentPrincipal() principal: Principal,
  ): Promise<RunManyResultDto> {
    assertAllowed(principal, this.registry.require(name).declaration.permission);
    const machineIds = [...new Set(body.machineIds)];
    const { jobs, skipped } = await this.jobs.enqueueMany({
      action: name,
      machineIds,
      parameters: body.parameters,
      requestedBy: actorOf(principal),
      // What is planned together is asked for together.
      runMachines: machineIds.length,
    });
    return {
      jobs: jobs.map(({ machineId, jobId }) => ({ machineId, jobId })),
      skipped: skipped.map((refusal) => ({ ...refusal, said: saidIn(refusal, ['message', 'action']) })),
    };
  }
}
