import { Body, Controller, HttpCode, Param, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { CurrentOrigin, type RequestOrigin } from '../../../kernel/audit/request-origin';
import { RequirePermission } from '../../../kernel/auth/access.decorators';
import { notFound } from '../../../kernel/errors/domain-error';
import { ActionRegistry } from '../actions/action-registry';
import { BulkPlans } from './bulk-plans';
import { AskForManyDto, RequestDto } from './dto/requests.dto';
import { toRequest } from './requests.mapper';
import { RequestsReader } from './requests.reader';

@ApiTags('requests')
@Controller('actions')
export class BulkPlansController {
  constructor(
    private readonly plans: BulkPlans,
    private readonly reader: RequestsReader,
    private readonly registry: ActionRegistry,
  ) {}

  /**
   * Asks for one change on several machines: plans it on each, and makes one request of the plans. It changes nothing.
   * Machines that cannot be planned, or where nothing is to be done, are left out with the reason.
   */
  @Post(':name/plan')
  @HttpCode(202)
  @RequirePermission('machines.run')
  async plan(
    @Param('name') action: string,
    @Body() { machineIds, parameters = {} }: AskForManyDto,
    @CurrentOrigin() { actor }: RequestOrigin,
  ): Promise<RequestDto> {
    const id = await this.plans.ask({ action, machineIds, parameters, requestedBy: actor });
    const [request] = await this.reader.byIds([id]);
    if (request === undefined) throw notFound('request');
    return toRequest(request, this.registry);
  }
}
