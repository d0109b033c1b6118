import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query, type PipeTransform } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { CurrentOrigin, type RequestOrigin } from '../../kernel/audit/request-origin';
import { RequirePermission } from '../../kernel/auth/access.decorators';
import { invalidInput } from '../../kernel/errors/domain-error';
import { PageQueryDto } from '../../kernel/http/page-query.dto';
import { uuidPipe } from '../../kernel/http/validation';
import { say } from '../../kernel/http/validation.sentences';
import { Machines } from '../machines/machines.service';
import {
  GroupDecisionDto,
  MachineMessagePageDto,
  MessageDto,
  MessageGroupPageDto,
  MessageGroupQueryDto,
  MessageQueryDto,
  ReopenGroupDto,
} from './dto/messages.dto';
import { MessageDecisions } from './message-decisions';
import { MessagesReader } from './messages.reader';

const id = uuidPipe('id');
const KEY = /^[0-9a-f]{64}$/;
const key: PipeTransform<string, string> = {
  transform(value) {
    if (KEY.test(value)) return value;
    throw invalidInput([{ field: 'key', message: say.match({ field: 'key', pattern: KEY.source }) }]);
  },
};

/** What machines said that somebody should know. */
@ApiTags('messages')
@Controller()
export class MessagesController {
  constructor(
    private readonly reader: MessagesReader,
    private readonly decisions: MessageDecisions,
    private readonly machines: Machines,
  ) {}

  /** Messages of a machine, open and serious ones first. */
  @Get('machines/:id/messages')
  @RequirePermission('events.read')
  async ofMachine(@Param('id', id) machineId: string, @Query() query: MessageQueryDto): Promise<MessageDto[]> {
    await this.machines.required(machineId);
    return this.reader.ofMachine(machineId, query.acknowledged);
  }

  /** Messages of all machines, equal ones together, serious ones first. */
  @Get('messages')
  @RequirePermission('events.read')
  groups(@Query() query: MessageGroupQueryDto): Promise<MessageGroupPageDto> {
    return this.reader.groups(query, query);
  }

  /** The machines that say the same, seen last first. */
  @Get('messages/groups/:key')
  @RequirePermission('events.read')
  ofGroup(@Param('key', key) groupKey: string, @Query() query: PageQueryDto): Promise<MachineMessagePageDto> {
    return this.reader.ofGroup(groupKey, query);
  }

  /** Acknowledges a message on every machine where it is open. */
  @Post('messages/groups/:key/acknowledge')
  @HttpCode(200)
  @RequirePermission('messages.acknowledge')
  acknowledgeGroup(
    @Param('key', key) groupKey: string,
    @CurrentOrigin() origin: RequestOrigin,
  ): Promise<GroupDecisionDto> {
    return this.decisions.acknowledgeGroup(groupKey, origin);
  }

  /** Takes such a decision back, where it was taken at that moment. */
  @Post('messages/groups/:key/reopen')
  @HttpCode(200)
  @RequirePermission('messages.acknowledge')
  reopenGroup(
    @Param('key', key) groupKey: string,
    @Body() body: ReopenGroupDto,
    @CurrentOrigin() origin: RequestOrigin,
  ): Promise<GroupDecisionDto> {
    return this.decisions.reopenGroup(groupKey, new Date(body.acknowledgedAt), origin);
  }

  /** Marks a message of one machine as read by somebody; it stays. */
  @Post('messages/:id/acknowledge')
  @HttpCode(200)
  @RequirePermission('messages.acknowledge')
  acknowledge(@Param('id', id) messageId: string, @CurrentOrigin() origin: RequestOrigin): Promise<MessageDto> {
    return this.decisions.acknowledge(messageId, origin);
  }

  /** Opens a message again. */
  @Delete('messages/:id/acknowledge')
  @RequirePermission('messages.acknowledge')
  unacknowledge(@Param('id', id) messageId: string, @CurrentOrigin() origin: RequestOrigin): Promise<MessageDto> {
    return this.decisions.reopen(messageId, origin);
  }
}
