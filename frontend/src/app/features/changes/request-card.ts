import { Component, computed, inject, input } from '@angular/core';
import { RouterLink } from '@angular/router';
import type { RequestDto } from '../../api/models';
import { Formats } from '../../core/i18n/formats';
import { Said } from '../../core/i18n/said';
import { Texts } from '../../core/i18n/texts';
import { Session } from '../../core/session/session';
import { Clock } from '../../core/time/clock';
import { Icon } from '../../ui/icon';
import type { IconName } from '../../ui/icons';
import { Digest } from './digest';
import { Refusal } from './refusal';
import { SOON_MS } from './request-standing';
import { RequestWords } from './request-words';

const REQUESTER_ICON: Readonly<Record<string, IconName>> = { user: 'user', schedule: 'clock' };

/** Who asks, for what, and until when it can be decided. The decision itself is made before the whole plan. */
@Component({
  selector: 'su-request-card',
  imports: [Digest, Icon, RouterLink],
  templateUrl: './request-card.html',
  styleUrl: './request-card.scss',
})
export class RequestCard {
  protected readonly texts = inject(Texts);
  protected readonly said = inject(Said);
  protected readonly formats = inject(Formats);
  protected readonly words = inject(RequestWords);
  protected readonly session = inject(Session);
  private readonly clock = inject(Clock);
  private readonly refusal = inject(Refusal);
  readonly request = input.required<RequestDto>();
  /** The one to decide first. */
  readonly next = input(false);
  protected readonly title = computed(() =>
    this.texts.t('request.title', {
      what: this.words.what(this.request()),
      name: this.words.where(this.request()),
    }),
  );
  protected readonly icon = computed(() => REQUESTER_ICON[this.request().requestedBy.type] ?? 'machines');
  protected readonly by = computed(() => {
    const { name, type } = this.request().requestedBy;
    return name ?? this.texts.known(`job.by.${type}`, type);
  });
  protected readonly left = computed(() => {
    const end = this.request().expiresAt;
    return end === null ? null : Math.max(0, Date.parse(end) - this.clock.ages());
  });
  protected readonly ending = computed(() => this.words.mayEnd(this.request()));
  protected readonly mayConfirm = computed(() => this.words.hindrance(this.request()) === null);
  protected readonly soon = computed(() => (this.left() ?? Infinity) < SOON_MS);

  protected refuse(): void {
    void this.refusal.of(this.request());
  }
}
