import { Component, computed, effect, inject, signal } from '@angular/core';
import type { MessageDto } from '../../../api/models';
import { Loadable } from '../../../core/errors/loadable';
import { problemOf, type Problem } from '../../../core/errors/problem';
import { Formats } from '../../../core/i18n/formats';
import { Texts } from '../../../core/i18n/texts';
import { Session } from '../../../core/session/session';
import { Sightings } from '../../../ui/sightings';
import { EmptyState } from '../../../ui/empty-state';
import { ErrorNotice } from '../../../ui/error-notice';
import { Icon } from '../../../ui/icon';
import { LoadingNote } from '../../../ui/loading-note';
import { logLine, SEVERITY_COLOUR, SEVERITY_ICON } from '../../history/message-severity';
import { MessagesApi } from '../../history/messages-api';
import { MachineStore } from './machine-store';
import { Said } from '../../../core/i18n/said';

/** What the machine said that somebody should know. Acknowledging takes it off the count, not off the record. */
@Component({
  selector: 'su-messages-tab',
  imports: [Sightings, EmptyState, ErrorNotice, Icon, LoadingNote],
  templateUrl: './messages-tab.html',
  styles: `
    li {
      display: grid;
      grid-template-columns: 20px minmax(0, 1fr) auto;
      align-items: start;
      gap: 8px;
      padding: 9px 14px;
      border-top: 1px solid var(--line);
      font-size: var(--t-s);
    }

    li:first-child {
      border-top: 0;
    }

    p {
      overflow-wrap: anywhere;
    }

    .card {
      margin-bottom: 12px;
    }
  `,
})
export class MessagesTab {
  protected readonly texts = inject(Texts);
  protected readonly said = inject(Said);
  protected readonly formats = inject(Formats);
  protected readonly session = inject(Session);
  private readonly store = inject(MachineStore);
  private readonly api = inject(MessagesApi);
  protected readonly messages = new Loadable<MessageDto[]>();
  protected readonly icon = SEVERITY_ICON;
  protected readonly logLine = logLine;
  protected readonly problem = signal<Problem | null>(null);
  protected readonly parts = computed(() => {
    const all = this.messages.value() ?? [];
    return [
      { key: 'open', list: all.filter((message) => !message.acknowledged) },
      { key: 'done', list: all.filter((message) => message.acknowledged) },
    ] as const;
  });

  constructor() {
    effect(() => {
      this.store.readings();
      void this.refresh();
    });
  }

  protected refresh(): Promise<void> {
    return this.messages.load(() => this.api.ofMachine(this.store.id() ?? ''));
  }

  protected colour({ acknowledged, severity }: MessageDto): string {
    return acknowledged ? 't3' : SEVERITY_COLOUR[severity];
  }

  protected async decide(message: MessageDto): Promise<void> {
    try {
      const changed = await (message.acknowledged
        ? this.api.unacknowledge(message.id)
        : this.api.acknowledge(message.id));
      this.messages.update((all) => all.map((one) => (one.id === changed.id ? changed : one)));
      this.problem.set(null);
    } catch (error) {
      this.problem.set(problemOf(error));
    }
  }
}
