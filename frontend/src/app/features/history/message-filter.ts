import type { ParamMap } from '@angular/router';
import type { MessageGroupDto } from '../../api/models';
import type { MessageQuery } from './messages-api';

export const SEVERITIES = ['error', 'warning', 'info'] as const satisfies readonly MessageGroupDto['severity'][];
export const CATEGORIES = [
  'error',
  'security_notice',
  'repository_notice',
  'deprecation',
  'future_major_change',
  'warning',
] as const satisfies readonly MessageGroupDto['category'][];

export type MessageFilter = Pick<MessageQuery, 'acknowledged' | 'severity' | 'category' | 'text'>;

/** What of the messages an address asks for; what makes no sense in it is as if it were not there. Open ones, unless it says so. Pure. */
export function messageFilterOf(params: ParamMap): MessageFilter {
  const severity = SEVERITIES.find((one) => one === params.get('severity'));
  const category = CATEGORIES.find((one) => one === params.get('category'));
  const text = params.get('text')?.trim().slice(0, 200) ?? '';
  return {
    acknowledged: params.get('show') === 'acknowledged',
    ...(severity === undefined ? {} : { severity }),
    ...(category === undefined ? {} : { category }),
    ...(text === '' ? {} : { text }),
  };
}
