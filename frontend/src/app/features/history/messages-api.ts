import { inject, Injectable } from '@angular/core';
import { Api } from '../../api/api';
import {
  messagesAcknowledge,
  messagesAcknowledgeGroup,
  messagesGroups,
  messagesOfGroup,
  messagesOfMachine,
  messagesReopenGroup,
  messagesUnacknowledge,
  type MessagesGroups$Params,
} from '../../api/functions';
import type { GroupDecisionDto, MachineMessagePageDto, MessageDto, MessageGroupPageDto } from '../../api/models';

export type MessageQuery = MessagesGroups$Params;

/** The part of the API that is about what machines said. */
@Injectable({ providedIn: 'root' })
export class MessagesApi {
  private readonly api = inject(Api);

  groups(query: MessageQuery): Promise<MessageGroupPageDto> {
    return this.api.invoke(messagesGroups, query);
  }

  ofGroup(key: string, cursor?: string): Promise<MachineMessagePageDto> {
    return this.api.invoke(messagesOfGroup, { key, limit: 50, ...(cursor === undefined ? {} : { cursor }) });
  }

  ofMachine(id: string): Promise<MessageDto[]> {
    return this.api.invoke(messagesOfMachine, { id });
  }

  acknowledge(id: string): Promise<MessageDto> {
    return this.api.invoke(messagesAcknowledge, { id });
  }

  unacknowledge(id: string): Promise<MessageDto> {
    return this.api.invoke(messagesUnacknowledge, { id });
  }

  acknowledgeGroup(key: string): Promise<GroupDecisionDto> {
    return this.api.invoke(messagesAcknowledgeGroup, { key });
  }

  reopenGroup(key: string, acknowledgedAt: string): Promise<GroupDecisionDto> {
    return this.api.invoke(messagesReopenGroup, { key, body: { acknowledgedAt } });
  }
}
