import { quoted, type Sentence } from '../../../kernel/sentences/sentences';
import type { FinishedChange } from '../../jobs/actions/change-action';
import { say } from '../apt.sentences';
import { linesOf } from '../parsers/parse-error';
import { clusterChecks } from './cluster-checks';

/** Why a Proxmox host was not restarted; nothing of it is to be forced. */
export interface HostRefusal {
  readonly kind: 'backup_running' | 'cluster_not_ready';
  readonly message: Sentence;
  readonly action: Sentence;
}

/** What `scripts/reboot.sh` met on a Proxmox host when the run began; null: it was refused by nothing of that. Pure. */
export function hostRefusal({ sections }: Pick<FinishedChange, 'sections'>): HostRefusal | null {
  if (sections.has('refused.backup'))
    return { kind: 'backup_running', message: say.reboot_refused_backup(), action: say.backup_running_action() };
  const said = sections.get('refused.cluster')?.stdout;
  if (said === undefined) return null;
  // The plan's own look at what the script went by: the same verdict in the same words.
  const met = clusterChecks(sections, null).find(({ verdict }) => verdict === 'blocked');
  const why = met?.sentence ?? quoted(linesOf(said).join('; '));
  const action = met?.action ?? say.cluster_not_ready_action();
  return { kind: 'cluster_not_ready', message: say.reboot_refused_cluster({ why }), action };
}
