import { Component, computed, DestroyRef, effect, inject, input, untracked } from '@angular/core';
import { RouterLink } from '@angular/router';
import type { ErrorStandingDto } from '../../api/models';
import { ErrorKinds } from '../../core/errors/error-kinds';
import { Loadable } from '../../core/errors/loadable';
import { Texts } from '../../core/i18n/texts';
import { Live } from '../../core/live/live';
import { Session } from '../../core/session/session';
import { Ago } from '../../ui/ago';
import { ErrorNotice } from '../../ui/error-notice';
import { Icon } from '../../ui/icon';
import type { IconName } from '../../ui/icons';
import { ChangesApi } from './changes-api';
import { LookAgain } from './look-again';

const LOOK: Readonly<Record<ErrorStandingDto['verdict'], { readonly icon: IconName; readonly colour: string }>> = {
  gone: { icon: 'clean', colour: 'fg-clean' },
  there: { icon: 'failed', colour: 'fg-failed' },
  unclear: { icon: 'warning', colour: 'fg-stale' },
  not_looked: { icon: 'unknown', colour: 't3' },
};

/** Whether errors of a run are gone since, by what has looked at the machine; and the way to have it looked at. */
@Component({
  selector: 'su-error-verdicts',
  imports: [Ago, ErrorNotice, Icon, LookAgain, RouterLink],
  template: `
    @if (standings.problem(); as failed) {
      <su-error-notice [problem]="failed" (retry)="load()" />
    } @else if (standings.value(); as found) {
      <section class="line wrap" [attr.aria-label]="texts.t('errorStanding.title')">
        <ul class="wide">
          @for (one of found; track one.kind) {
            <li>
              <su-icon [name]="look[one.verdict].icon" [class]="look[one.verdict].colour" />
              <span>
                <b>{{ texts.known('error.' + one.kind, one.kind) }}</b>
                {{ sentence(one) }}
                @if (one.lookedAt; as at) {
                  <su-ago class="t3" [at]="at" />
                }
              </span>
            </li>
          }
        </ul>
        @if (byAnalysis() && session.can('machines.run')) {
          <su-look-again [machineId]="machineId()" action="apt_update_analyze" (looked)="load()" />
        }
        @if (byProbe() && session.can('machines.run')) {
          <su-look-again [machineId]="machineId()" action="machine_probe" (looked)="load()" />
        }
        @if (byPlan()) {
          <a [routerLink]="['/machines', machineId(), 'updates']">{{ texts.t('errorStanding.plan') }}</a>
        }
      </section>
    }
  `,
  styles: `
    :host {
      display: block;
      margin-bottom: 10px;
    }

    .wide {
      flex: 1 0 100%;
    }

    li {
      display: flex;
      gap: 8px;
      align-items: baseline;
      overflow-wrap: anywhere;
    }
  `,
})
export class ErrorVerdicts {
  protected readonly texts = inject(Texts);
  protected readonly session = inject(Session);
  private readonly api = inject(ChangesApi);
  private readonly errorKinds = inject(ErrorKinds);
  protected readonly look = LOOK;
  readonly machineId = input.required<string>();
  /** Classes of the errors. */
  readonly kinds = input.required<readonly string[]>();
  /** Name of the action that met them. */
  readonly by = input.required<string>();
  /** When they were met. */
  readonly since = input.required<string>();
  protected readonly standings = new Loadable<readonly ErrorStandingDto[]>();
  /** Of classes that the server does not know nothing tells. */
  private readonly asked = computed(() =>
    [...new Set(this.kinds())].filter((kind) => this.errorKinds.of(kind) !== null),
  );
  protected readonly byAnalysis = computed(() => this.waits('apt_update_analyze'));
  protected readonly byProbe = computed(() => this.waits('machine_probe'));
  protected readonly byPlan = computed(() => this.waits('apt_upgrade_plan') || this.waits('apt_upgrade'));

  constructor() {
    effect(() => {
      this.asked();
      this.machineId();
      this.by();
      this.since();
      untracked(() => void this.load());
    });
    inject(DestroyRef).onDestroy(
      inject(Live).on('job', ({ machineId, kind, finishedAt }) => {
        // One that tells of an error need not be the one that told of it before; of connecting every run tells.
        const looks = (kind.startsWith('apt_') || this.byProbe() || kind === 'reboot') && this.standings.value();
        if (looks && machineId === this.machineId() && finishedAt !== null) {
          void this.load();
        }
      }),
    );
  }

  protected async load(): Promise<void> {
    const kinds = this.asked();
    if (kinds.length === 0) {
      this.standings.reset();
      return;
    }
    await this.standings.load(() => this.api.errorStandings(this.machineId(), kinds, this.by(), this.since()));
  }

  protected sentence({ verdict, verifiedBy }: ErrorStandingDto): string {
    return this.texts.t(`errorStanding.${verdict}.${tellerOf(verifiedBy)}`);
  }

  private waits(action: string): boolean {
    return (this.standings.value() ?? []).some(
      ({ verifiedBy, verdict }) => verifiedBy === action && verdict !== 'gone',
    );
  }
}

/** What the sentences call the action that tells; of all plans they are the same. */
function tellerOf(action: ErrorStandingDto['verifiedBy']) {
  if (action === 'apt_update_analyze' || action === 'apt_upgrade' || action === 'machine_probe') {
    return action;
  }
  return action.endsWith('_plan') ? 'apt_upgrade_plan' : 'same_action';
}
