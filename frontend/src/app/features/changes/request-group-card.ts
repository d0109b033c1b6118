import { Component, computed, inject, input } from '@angular/core';
import { RouterLink } from '@angular/router';
import type { InboxEntryDto } from '../../api/models';
import { Formats } from '../../core/i18n/formats';
import { Said } from '../../core/i18n/said';
import { Texts } from '../../core/i18n/texts';
import { Session } from '../../core/session/session';
import { Clock } from '../../core/time/clock';
import { Icon } from '../../ui/icon';
import { RequestWords } from './request-words';
import { SOON_MS } from './request-standing';

/** What one run of a schedule left to people: as one, with the way to all of it and to the run. */
@Component({
  selector: 'su-request-group-card',
  imports: [Icon, RouterLink],
  template: `
    <article class="card">
      <div class="line">
        <span class="tag"><su-icon class="small" name="clock" />{{ entry().request.requestedBy.name }}</span>
        <span class="grow"></span>
        @if (left(); as rest) {
          <span
            class="xs"
            [class]="rest < soon ? 'fg-stale b' : 't3'"
            [title]="formats.moment(entry().request.expiresAt!)"
            ><su-icon class="small" name="clock" />
            {{ texts.t('request.left', { time: formats.span(rest / 1000) }) }}</span
          >
        }
      </div>
      <h2>{{ title() }}</h2>
      <dl>
        <dt>{{ texts.t('request.reach') }}</dt>
        <dd>{{ texts.t('together.reach', { n: entry().requests }) }}</dd>
        @if (entry().risk; as risk) {
          <dt>{{ texts.t('request.risk') }}</dt>
          <dd [class.fg-failed]="risk === 'high'">
            {{ texts.t('together.risk', { risk: texts.known('risk.' + risk, risk) }) }}
          </dd>
        }
        @if (entry().request.approval.why) {
          <dt>{{ texts.t('request.demand') }}</dt>
          <dd [attr.lang]="said.lang(entry().request.approval, 'why')">
            {{ said.of(entry().request.approval, 'why') }}
          </dd>
        }
        @if (entry().reasons.length > 0) {
          <dt>{{ texts.t('request.personReason') }}</dt>
          <dd>
            @for (reason of entry().reasons; track reason.sentence) {
              <p [attr.lang]="said.lang(reason, 'sentence')">
                {{ texts.t('together.reason', { why: said.of(reason, 'sentence'), n: reason.requests }) }}
              </p>
            }
            @if (entry().moreReasons; as n) {
              <p class="t2">{{ texts.t('together.moreReasons', { n }) }}</p>
            }
          </dd>
        }
        @if (entry().request.occurrenceId; as run) {
          @if (session.can('schedules.read')) {
            <dt>{{ texts.t('request.run') }}</dt>
            <dd>
              <a [routerLink]="['/schedules/runs', run]">{{ texts.t('request.run.open') }}</a>
            </dd>
          }
        }
      </dl>
      <div class="decide">
        <a
          class="btn large"
          [class.primary]="next()"
          [routerLink]="['/requests/runs', entry().request.occurrenceId, entry().request.action]"
          [attr.aria-label]="texts.t('request.openOf', { what: title() })"
          >{{ texts.t(mayConfirm() ? 'together.decide' : 'together.open') }}</a
        >
      </div>
    </article>
  `,
  styleUrl: './request-card.scss',
})
export class RequestGroupCard {
  protected readonly texts = inject(Texts);
  protected readonly said = inject(Said);
  protected readonly formats = inject(Formats);
  protected readonly session = inject(Session);
  private readonly words = inject(RequestWords);
  private readonly clock = inject(Clock);
  readonly entry = input.required<InboxEntryDto>();
  /** The one to decide first. */
  readonly next = input(false);
  protected readonly soon = SOON_MS;
  protected readonly title = computed(() =>
    this.texts.t('request.title', {
      what: this.words.what(this.entry().request),
      name: this.texts.t('request.machines', { n: this.entry().requests }),
    }),
  );
  protected readonly left = computed(() => {
    const end = this.entry().request.expiresAt;
    return end === null ? null : Math.max(0, Date.parse(end) - this.clock.ages());
  });
  protected readonly mayConfirm = computed(() => this.words.hindrance(this.entry().request) === null);
}
