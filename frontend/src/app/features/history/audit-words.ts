import { inject, Injectable } from '@angular/core';
import type { AuditEntryDto } from '../../api/models';
import { Texts } from '../../core/i18n/texts';
import type { IconName } from '../../ui/icons';

export const OUTCOME_ICON: Readonly<Record<AuditEntryDto['outcome'], IconName>> = {
  ok: 'tick',
  denied: 'ban',
  error: 'failed',
};

/** A fact as text; of one that has facts of its own those that say something. */
function plain(value: unknown): string {
  if (typeof value === 'string') {
    return value;
  }
  if (Array.isArray(value)) {
    return value.map(plain).join(', ');
  }
  return typeof value === 'object' && value !== null
    ? Object.entries(value)
        .filter(([, one]) => one !== null)
        .map(([name, one]) => `${name} ${plain(one)}`)
        .join(', ')
    : JSON.stringify(value);
}

/** One entry of the audit in words. What has no translation is shown as it was written. */
@Injectable({ providedIn: 'root' })
export class AuditWords {
  private readonly texts = inject(Texts);

  action(action: string): string {
    return this.texts.known(`audit.action.${action}`, action);
  }

  who(entry: AuditEntryDto): string {
    return entry.actorName ?? this.texts.known(`audit.actor.${entry.actorType}`, entry.actorType);
  }

  /** "for Analyse", "role: operator": the facts of an entry that can be read. */
  details(entry: AuditEntryDto): string {
    const details = entry.details;
    const facts = details === null || details.unreadable !== null ? null : details.document;
    return Object.entries(facts ?? {})
      .filter(([name, value]) => name !== 'schema_version' && value !== null)
      .filter(([, value]) => !(Array.isArray(value) && value.length === 0))
      .map(([name, value]) => this.fact(name, value))
      .join(' · ');
  }

  private fact(name: string, value: unknown): string {
    const text = plain(value);
    if (name === 'purpose') {
      const purpose = this.texts.known(`audit.purpose.${text}`, this.texts.known(`job.kind.${text}`, text));
      return this.texts.t('audit.for', { purpose });
    }
    const word = this.texts.known(`audit.value.${text}`, this.texts.known(`role.${text}`, text));
    return this.texts.t('audit.fact', { name: this.texts.known(`audit.fact.${name}`, name), value: word });
  }
}
