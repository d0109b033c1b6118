import { Component, computed, inject, input, output, signal } from '@angular/core';
import { RouterLink } from '@angular/router';
import type { MachineMessageDto, MessageGroupDto } from '../../api/models';
import { Formats } from '../../core/i18n/formats';
import { Said } from '../../core/i18n/said';
import { Texts } from '../../core/i18n/texts';
import { Paged } from '../../core/paged';
import { Session } from '../../core/session/session';
import { Sightings } from '../../ui/sightings';
import { ErrorNotice } from '../../ui/error-notice';
import { Icon } from '../../ui/icon';
import { LoadingNote } from '../../ui/loading-note';
import { logLine, SEVERITY_COLOUR, SEVERITY_ICON } from './message-severity';
import { MessagesApi } from './messages-api';

/** What several machines say alike, and on demand which. */
@Component({
  selector: 'su-message-group',
  imports: [Sightings, ErrorNotice, Icon, LoadingNote, RouterLink],
  templateUrl: './message-group.html',
  styleUrl: './message-group.scss',
})
export class MessageGroup {
  protected readonly texts = inject(Texts);
  protected readonly said = inject(Said);
  protected readonly formats = inject(Formats);
  protected readonly session = inject(Session);
  private readonly api = inject(MessagesApi);
  readonly group = input.required<MessageGroupDto>();
  readonly busy = input(false);
  readonly acknowledge = output();
  protected readonly icon = SEVERITY_ICON;
  protected readonly logLine = logLine;
  protected readonly colour = computed(() => {
    const { severity, openMachines } = this.group();
    return openMachines === 0 ? 't3' : SEVERITY_COLOUR[severity];
  });
  protected readonly unfolded = signal(false);
  protected readonly machines = new Paged<MachineMessageDto>((cursor) => this.api.ofGroup(this.group().key, cursor));

  protected unfold(): void {
    this.unfolded.update((now) => !now);
    if (this.unfolded()) {
      void this.machines.refresh();
    }
  }
}
