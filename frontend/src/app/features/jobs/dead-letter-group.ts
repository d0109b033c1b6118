import { Component, computed, effect, inject, input, output, untracked } from '@angular/core';
import { RouterLink } from '@angular/router';
import type { DeadLetterCountDto, DeadLetterDto } from '../../api/models';
import { Said } from '../../core/i18n/said';
import { Texts } from '../../core/i18n/texts';
import { DeadLetters } from '../../core/live/dead-letters';
import { Paged } from '../../core/paged';
import { Session } from '../../core/session/session';
import { Ago } from '../../ui/ago';
import { ErrorNotice } from '../../ui/error-notice';
import { Icon } from '../../ui/icon';
import { JobWords } from '../../ui/job-words';
import { LoadingNote } from '../../ui/loading-note';
import { DeadLettersApi } from './dead-letters-api';

/** Jobs that ended without a result by one class of error: machine, when, why and what to do. */
@Component({
  selector: 'su-dead-letter-group',
  imports: [Ago, ErrorNotice, Icon, LoadingNote, RouterLink],
  templateUrl: './dead-letter-group.html',
  styleUrl: './dead-letter-group.scss',
})
export class DeadLetterGroup {
  protected readonly texts = inject(Texts);
  protected readonly said = inject(Said);
  protected readonly words = inject(JobWords);
  protected readonly session = inject(Session);
  private readonly api = inject(DeadLettersApi);
  private readonly letters = inject(DeadLetters);
  readonly group = input.required<DeadLetterCountDto>();
  readonly busy = input(false);
  readonly redrive = output<DeadLetterDto>();
  readonly planAgain = output<DeadLetterDto>();
  readonly dismiss = output<DeadLetterDto>();
  readonly redriveAll = output();
  readonly dismissAll = output();
  protected readonly kind = computed(() => this.group().errorKind);
  protected readonly title = computed(() => this.texts.known(`error.${this.kind()}`, this.kind()));
  protected readonly rows = new Paged<DeadLetterDto>((cursor) => this.api.ofKind(this.kind(), cursor));

  /** Of changes alone nothing is run again. */
  protected readonly redrivable = computed(
    () => this.rows.hasMore() || this.rows.items()?.some(({ way }) => way === 'redrive') === true,
  );

  constructor() {
    effect(() => {
      this.kind();
      this.letters.version();
      untracked(() => void this.rows.refresh());
    });
  }

  protected of(letter: DeadLetterDto): { what: string; name: string } {
    return { what: this.words.title(letter), name: letter.machineName };
  }
}
