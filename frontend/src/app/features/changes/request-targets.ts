import { Component, computed, inject, input } from '@angular/core';
import { RouterLink } from '@angular/router';
import type { RequestTargetDto } from '../../api/models';
import { Said } from '../../core/i18n/said';
import { Texts } from '../../core/i18n/texts';
import { Icon } from '../../ui/icon';
import type { IconName } from '../../ui/icons';
import { WindowWords } from '../windows/window-words';
import { targetStanding, type TargetStanding } from './target-standing';

const LOOK: Readonly<Record<TargetStanding, { readonly icon: IconName; readonly chip: string }>> = {
  planning: { icon: 'arc', chip: 'is-running' },
  planned: { icon: 'tick', chip: '' },
  waits: { icon: 'queued', chip: '' },
  running: { icon: 'arc', chip: 'is-running' },
  done: { icon: 'clean', chip: 'is-clean' },
  warning: { icon: 'warning', chip: 'is-stale' },
  failed: { icon: 'failed', chip: 'is-failed' },
  cancelled: { icon: 'ban', chip: '' },
  expired: { icon: 'stale', chip: 'is-stale' },
};

/** The machines of a request, each with what it comes to there; below, who is left out and why. */
@Component({
  selector: 'su-request-targets',
  imports: [Icon, RouterLink],
  template: `
    <section class="card" aria-labelledby="targets">
      <header>
        <h2 id="targets">{{ texts.t('several.machines', { n: inside().length }) }}</h2>
      </header>
      <ul class="in">
        @for (one of inside(); track one.target.machineId) {
          <li>
            <div class="line">
              <a [routerLink]="['/machines', one.target.machineId]">{{ one.target.machineName }}</a>
              <span class="grow"></span>
              <span class="chip" [class]="look[one.standing].chip"
                ><su-icon [name]="look[one.standing].icon" [spin]="look[one.standing].icon === 'arc'" />{{
                  texts.t(key(one.standing))
                }}</span
              >
            </div>
            @if (one.target.errorMessage) {
              <p class="xs fg-failed" [attr.lang]="said.lang(one.target, 'errorMessage')">
                @if (one.target.errorKind; as kind) {
                  <b>{{ texts.known('error.' + kind, kind) }}.</b>
                }
                {{ said.of(one.target, 'errorMessage') }}
              </p>
            } @else if (one.target.reason) {
              <p class="xs t2" [attr.lang]="said.lang(one.target, 'reason')">{{ said.of(one.target, 'reason') }}</p>
            } @else if (one.target.summary) {
              <p class="xs t2" [attr.lang]="said.lang(one.target, 'summary')">
                {{ said.of(one.target, 'summary') }}
                @if (one.target.risk; as risk) {
                  <span [class.fg-failed]="risk === 'high'">{{
                    texts.t('rules.said.risks', { risks: texts.known('risk.' + risk, risk) })
                  }}</span>
                }
              </p>
            }
            @if (one.window; as window) {
              <p class="xs" [class]="one.target.maintenance?.state === 'never' ? 'fg-stale' : 't2'">
                <su-icon class="small" name="clock" /> {{ window }}
                @if (one.target.maintenance?.state === 'never') {
                  {{ texts.t('several.windows.leftOut') }}
                }
              </p>
            }
            <p class="xs ways">
              @if (one.target.planDigest) {
                <a
                  [routerLink]="['/requests', requestId(), 'machines', one.target.machineId]"
                  [attr.aria-label]="texts.t('several.planOf', { name: one.target.machineName })"
                  >{{ texts.t('several.plan') }}</a
                >
              }
              @if (one.target.jobId ?? one.target.planJobId; as run) {
                <a
                  [routerLink]="['/runs', run]"
                  [attr.aria-label]="texts.t('several.runOf', { name: one.target.machineName })"
                  >{{ texts.t(one.target.jobId ? 'plan.openRun' : 'plan.itsRun') }}</a
                >
              }
            </p>
          </li>
        }
      </ul>
      @if (out().length > 0) {
        <h3 class="in s">{{ texts.t('several.leftOut', { n: out().length }) }}</h3>
        <ul class="in">
          @for (target of out(); track target.machineId) {
            <li>
              <a [routerLink]="['/machines', target.machineId]">{{ target.machineName }}</a>
              @if (target.reason) {
                <p class="xs t2" [attr.lang]="said.lang(target, 'reason')">{{ said.of(target, 'reason') }}</p>
              }
              @if (target.planDigest) {
                <a
                  class="xs"
                  [routerLink]="['/requests', requestId(), 'machines', target.machineId]"
                  [attr.aria-label]="texts.t('several.planOf', { name: target.machineName })"
                  >{{ texts.t('several.plan') }}</a
                >
              }
            </li>
          }
        </ul>
      }
    </section>
  `,
  styles: `
    li {
      padding: 8px 0;
      border-top: 1px solid var(--line);
      font-size: var(--t-s);
      line-height: 1.4;
      overflow-wrap: anywhere;
    }

    ul > li:first-child {
      border-top: 0;
    }

    .line {
      display: flex;
      flex-wrap: wrap;
      align-items: center;
      gap: 4px 10px;
    }

    .ways {
      display: flex;
      flex-wrap: wrap;
      gap: 0 14px;
    }

    li > a,
    .ways > a,
    .line > a {
      display: inline-block;
      min-height: 1.5rem;
    }

    h3 {
      padding-top: 10px;
      border-top: 1px solid var(--line);
    }
  `,
})
export class RequestTargets {
  protected readonly texts = inject(Texts);
  protected readonly said = inject(Said);
  private readonly windows = inject(WindowWords);
  readonly requestId = input.required<string>();
  readonly targets = input.required<readonly RequestTargetDto[]>();
  protected readonly look = LOOK;
  protected readonly inside = computed(() =>
    this.targets()
      .filter(({ status }) => status !== 'skipped')
      .map((target) => ({
        target,
        standing: targetStanding(target),
        window: target.maintenance === null ? null : this.windows.standing(target.maintenance),
      })),
  );
  protected readonly out = computed(() => this.targets().filter(({ status }) => status === 'skipped'));

  protected key(standing: TargetStanding): `several.standing.${TargetStanding}` {
    return `several.standing.${standing}`;
  }
}
