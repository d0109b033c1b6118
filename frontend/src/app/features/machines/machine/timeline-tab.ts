import { Component, computed, effect, inject, signal } from '@angular/core';
import { RouterLink } from '@angular/router';
import type { EventDto } from '../../../api/models';
import { Formats } from '../../../core/i18n/formats';
import { Texts } from '../../../core/i18n/texts';
import { EmptyState } from '../../../ui/empty-state';
import { ErrorNotice } from '../../../ui/error-notice';
import { Icon } from '../../../ui/icon';
import type { IconName } from '../../../ui/icons';
import { JsonTree } from '../../../ui/json-tree';
import { LoadingNote } from '../../../ui/loading-note';
import { UnreadableNotes } from '../../../ui/unreadable-notes';
import { WhenSeen } from '../../../ui/when-seen';
import { LoggedPackages } from '../../changes/logged-packages';
import { MachinesApi } from '../machines-api';
import { MachineStore } from './machine-store';
import { Paged } from '../../../core/paged';
import { Said } from '../../../core/i18n/said';

const ICON: Readonly<Record<string, IconName>> = { info: 'info', warning: 'warning', error: 'failed' };
const COLOUR: Readonly<Record<string, string>> = { warning: 'fg-stale', error: 'fg-failed' };

/** What happened to this machine: time, what, evidence, who. */
@Component({
  selector: 'su-timeline-tab',
  imports: [
    EmptyState,
    ErrorNotice,
    Icon,
    JsonTree,
    LoadingNote,
    LoggedPackages,
    RouterLink,
    UnreadableNotes,
    WhenSeen,
  ],
  templateUrl: './timeline-tab.html',
  styles: `
    .card {
      margin-bottom: 12px;
    }

    li {
      display: grid;
      grid-template-columns: 4.6rem 20px minmax(0, 1fr) auto;
      gap: 0 8px;
      padding: 7px 14px;
      border-top: 1px solid var(--line);
      font-size: var(--t-s);
    }

    li:first-child {
      border-top: 0;
    }

    p {
      overflow-wrap: anywhere;
    }

    .link {
      margin-right: 12px;
    }

    @media (max-width: 700px) {
      li {
        grid-template-columns: 20px minmax(0, 1fr);
      }

      li > * {
        grid-column: 2;
      }

      li > su-icon {
        grid-area: 1 / 1;
      }
    }
  `,
})
export class TimelineTab {
  protected readonly texts = inject(Texts);
  protected readonly said = inject(Said);
  protected readonly formats = inject(Formats);
  private readonly store = inject(MachineStore);
  private readonly api = inject(MachinesApi);
  protected readonly events = new Paged<EventDto>((cursor) => this.api.events(this.store.id() ?? '', cursor));
  /** Events whose packages are shown. */
  protected readonly opened = signal<ReadonlySet<string>>(new Set());
  protected readonly days = computed(() => {
    const days: { day: string; events: EventDto[] }[] = [];
    for (const event of this.events.items() ?? []) {
      const day = this.formats.day(event.createdAt);
      const last = days.at(-1);
      if (last?.day === day) {
        last.events.push(event);
      } else {
        days.push({ day, events: [event] });
      }
    }
    return days;
  });

  constructor() {
    effect(() => {
      this.store.readings();
      void this.events.refresh();
    });
  }

  /** Whether others changed packages: its sentence names few of them. */
  protected byOthers({ eventType, executionId }: EventDto): boolean {
    return eventType === 'packages_changed_externally' && executionId !== null;
  }

  protected toggle(id: string): void {
    this.opened.update((opened) => {
      const next = new Set(opened);
      if (!next.delete(id)) next.add(id);
      return next;
    });
  }

  protected icon(event: EventDto): IconName {
    return ICON[event.severity] ?? 'info';
  }

  protected colour(event: EventDto): string {
    return COLOUR[event.severity] ?? 't3';
  }

  protected who(event: EventDto): string {
    return event.actorName ?? this.texts.known(`job.by.${event.actorType}`, event.actorType);
  }
}
