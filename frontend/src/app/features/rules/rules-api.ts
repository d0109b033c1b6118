import { inject, Injectable } from '@angular/core';
import { Api } from '../../api/api';
import {
  actionsList,
  approvalRulesChange,
  approvalRulesCreate,
  approvalRulesList,
  approvalRulesPreview,
  approvalRulesRemove,
  tagsList,
} from '../../api/functions';
import type { ActionDto, ApprovalRuleContentDto, ApprovalRuleDto, RulePreviewDto, TagUseDto } from '../../api/models';

/** The part of the API that is about rules of approval. */
@Injectable({ providedIn: 'root' })
export class RulesApi {
  private readonly api = inject(Api);

  list(): Promise<ApprovalRuleDto[]> {
    return this.api.invoke(approvalRulesList);
  }

  /** What a rule can be about: actions that change machines. */
  async changes(): Promise<ActionDto[]> {
    return (await this.api.invoke(actionsList)).filter(({ kind }) => kind === 'change');
  }

  tags(): Promise<TagUseDto[]> {
    return this.api.invoke(tagsList);
  }

  /** @param before the rule that it changes, as it was on the screen; null: a new one */
  save(before: ApprovalRuleDto | null, content: ApprovalRuleContentDto): Promise<ApprovalRuleDto> {
    return before === null
      ? this.api.invoke(approvalRulesCreate, { body: content })
      : this.api.invoke(approvalRulesChange, { id: before.id, body: { ...content, version: before.version } });
  }

  async remove({ id, version }: ApprovalRuleDto): Promise<void> {
    await this.api.invoke(approvalRulesRemove, { id, version });
  }

  /** Of which of the waiting requests it would speak. Changes nothing. */
  preview(content: ApprovalRuleContentDto): Promise<RulePreviewDto> {
    return this.api.invoke(approvalRulesPreview, { body: content });
  }
}
