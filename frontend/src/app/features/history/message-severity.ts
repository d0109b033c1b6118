import type { MessageDto, MessageGroupDto } from '../../api/models';
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

/** Where a message stands in a log that is kept; null: it was taken from none. Pure. */
export function logLine({ rawLineRef }: Pick<MessageDto, 'rawLineRef'>): { href: string; line: string } | null {
  const [artifact, line] = rawLineRef?.split('#') ?? [];
  return artifact === undefined || line === undefined ? null : { href: `/api/artifacts/${artifact}/content`, line };
}
