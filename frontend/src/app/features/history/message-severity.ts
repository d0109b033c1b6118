import type { MessageGroupDto } from '../../api/models';
import type { IconName } from '../../ui/icons';

type Severity = MessageGroupDto['severity'];

export const SEVERITY_ICON: Readonly<Record<Severity, IconName>> = {
  error: 'failed',
  warning: 'warning',
  info: 'info',
};
export const SEVERITY_COLOUR: Readonly<Record<Severity, string>> = {
  error: 'fg-failed',
  warning: 'fg-stale',
  info: '',
};
