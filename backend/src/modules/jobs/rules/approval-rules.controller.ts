import { Body, Controller, Delete, Get, HttpCode, Param, Post, Put, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { DataSource } from 'typeorm';
import { CurrentOrigin, type RequestOrigin } from '../../../kernel/audit/request-origin';
import { RequirePermission } from '../../../kernel/auth/access.decorators';
import { uuidPipe } from '../../../kernel/http/validation';
import { ActionRegistry } from '../actions/action-registry';
import { askedOf } from '../requests/request-record';
import { toRequest } from '../requests/requests.mapper';
import { RequestsReader } from '../requests/requests.reader';
import { ApprovalRules } from './approval-rules.service';
import type { ApprovalRule } from './approval-rules.repository';
import { Approvals } from './approvals';
import {
  ApprovalRuleContentDto,
  ApprovalRuleDto,
  ApprovalRuleVersionDto,
  ChangeApprovalRuleDto,
} from './dto/approval-rules.dto';
import { RulePreviewDto } from './dto/rule-preview.dto';

/** Pending requests that are looked through; more never wait in practice, and it says so when they do. */
const LOOKED_AT = 500;

@ApiTags('requests')
@Controller('approval-rules')
export class ApprovalRulesController {
  constructor(
    private readonly rules: ApprovalRules,
    private readonly approvals: Approvals,
    private readonly requests: RequestsReader,
    private readonly registry: ActionRegistry,
    private readonly database: DataSource,
  ) {}

  /** Whose decision which request asks for, by name. Without any, whoever may confirm changes decides. */
  @Get()
  @RequirePermission('settings.read')
  async list(): Promise<ApprovalRuleDto[]> {
    return (await this.rules.all()).map(toRule);
  }

  /** Adds a rule. 409 `rule_name_taken`. */
  @Post()
  @RequirePermission('settings.write')
  async create(@Body() body: ApprovalRuleContentDto, @CurrentOrigin() origin: RequestOrigin): Promise<ApprovalRuleDto> {
    return toRule(await this.rules.create(body, origin));
  }

  /** Which of the requests that wait now a rule like this would speak of. Changes nothing. */
  @Post('preview')
  @HttpCode(200)
  @RequirePermission('settings.read')
  async preview(@Body() { conditions, demand }: ApprovalRuleContentDto): Promise<RulePreviewDto> {
    await this.rules.check(this.database, conditions);
    const found = await this.requests.page({ statuses: ['pending'] }, LOOKED_AT + 1, null);
    const waiting = found.slice(0, LOOKED_AT);
    const spoken = await this.approvals.spoken(this.database, { demand, conditions }, waiting.map(askedOf));
    return {
      requests: waiting.filter((_request, index) => spoken[index]).map((request) => toRequest(request, this.registry)),
      waiting: waiting.length,
      more: found.length > LOOKED_AT,
    };
  }

  /** Changes a rule. 404; 409 `rule_changed` when another version was seen, `rule_name_taken`. */
  @Put(':id')
  @RequirePermission('settings.write')
  async change(
    @Param('id', uuidPipe('id')) id: string,
    @Body() { version, ...content }: ChangeApprovalRuleDto,
    @CurrentOrigin() origin: RequestOrigin,
  ): Promise<ApprovalRuleDto> {
    return toRule(await this.rules.change(id, content, version, origin));
  }

  /** Removes a rule. 404; 409 `rule_changed`. */
  @Delete(':id')
  @HttpCode(204)
  @RequirePermission('settings.write')
  remove(
    @Param('id', uuidPipe('id')) id: string,
    @Query() { version }: ApprovalRuleVersionDto,
    @CurrentOrigin() origin: RequestOrigin,
  ): Promise<void> {
    return this.rules.remove(id, version, origin);
  }
}

function toRule({
  id,
  name,
  enabled,
  demand,
  conditions,
  unreadable,
  version,
  updatedAt,
  updatedBy,
}: ApprovalRule): ApprovalRuleDto {
  const known = conditions === null ? null : writable(conditions);
  return { id, name, enabled, demand, conditions: known, unreadable: [...unreadable], version, updatedAt, updatedBy };
}

function writable(conditions: NonNullable<ApprovalRule['conditions']>): NonNullable<ApprovalRuleDto['conditions']> {
  const { actions, risks, requesters, tagIds, ...rest } = conditions;
  return { ...rest, actions: [...actions], risks: [...risks], requesters: [...requesters], tagIds: [...tagIds] };
}
