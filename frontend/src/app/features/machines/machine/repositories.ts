import { Component, computed, inject, input } from '@angular/core';
import type { AptStateDto } from '../../../api/models';
import { Formats } from '../../../core/i18n/formats';
import { Texts } from '../../../core/i18n/texts';
import { MachineUi } from '../../../core/preferences/machine-ui';
import { Icon } from '../../../ui/icon';
import { Said } from '../../../core/i18n/said';
import { MakePlan } from '../../changes/make-plan';
import { MachineStore } from './machine-store';

/** Below the packages: which repositories answered, what could be removed, what is broken. */
@Component({
  selector: 'su-repositories',
  imports: [Icon, MakePlan],
  template: `
    <div class="cards">
      @if (state().repositories; as all) {
        <section class="card" aria-labelledby="repositories">
          <header>
            <h2 id="repositories">
              <button type="button" class="link" [attr.aria-expanded]="open()" (click)="toggle()">
                <su-icon class="small" [name]="open() ? 'fold' : 'right'" />{{ texts.t('repositories.title') }}
              </button>
            </h2>
            <span class="t2 s">{{ texts.t('fact.repositories', { n: answered(), total: all.length }) }}</span>
          </header>
          <ul [hidden]="!open()">
            @for (one of all; track one.uri + one.suite) {
              <li>
                <su-icon
                  [name]="one.status === 'ok' ? 'clean' : one.status === 'error' ? 'failed' : 'unknown'"
                  [class]="one.status === 'ok' ? 'fg-clean' : one.status === 'error' ? 'fg-failed' : ''"
                />
                <span
                  ><span class="mono">{{ one.uri }} {{ one.suite }}</span
                  ><span class="unseen"
                    >:
                    {{
                      texts.t(
                        one.status === 'ok'
                          ? 'repositories.ok'
                          : one.status === 'error'
                            ? 'repositories.error'
                            : 'repositories.unknown'
                      )
                    }}</span
                  >
                  @if (one.message) {
                    <small [attr.lang]="said.lang(one, 'message')">{{ said.of(one, 'message') }}</small>
                  }
                </span>
                <span class="t3 xs">{{ one.origin ?? '' }}</span>
              </li>
            }
          </ul>
        </section>
      }
      @if (state().autoremovable?.length || state().broken?.length) {
        <section class="card" aria-labelledby="leftovers">
          <header>
            <h2 id="leftovers">{{ texts.t('leftovers.title') }}</h2>
          </header>
          <div class="in s stack">
            @if (state().broken; as broken) {
              @for (one of broken; track one.name) {
                <p class="fg-failed">
                  <su-icon name="failed" /> <b>{{ one.name }}</b>{{ texts.t('text.colon') }} {{ one.state }}
                </p>
              }
            }
            @if (state().autoremovable; as names) {
              @if (names.length > 0) {
                <p>
                  {{ texts.t('leftovers.autoremovable', { n: names.length }) }}
                  <span class="t2">{{ formats.list(names) }}</span>
                </p>
                @if (store.runnable()) {
                  <div class="line wrap">
                    <su-make-plan
                      [machineId]="store.id() ?? ''"
                      action="apt_autoremove"
                      [parameters]="none"
                      [label]="texts.t('leftovers.plan')"
                    />
                  </div>
                }
              }
            }
          </div>
        </section>
      }
    </div>
  `,
  styles: `
    .cards {
      display: grid;
      grid-template-columns: repeat(auto-fit, minmax(min(340px, 100%), 1fr));
      align-items: start;
      gap: 14px;
      margin-top: 14px;
    }

    h2 .link {
      text-decoration: none;
    }

    li {
      display: grid;
      grid-template-columns: 20px minmax(0, 1fr) auto;
      gap: 8px;
      padding: 7px 14px;
      border-bottom: 1px solid var(--line);
      font-size: var(--t-s);
      overflow-wrap: anywhere;
    }

    li:last-child {
      border-bottom: 0;
    }

    small {
      display: block;
      color: var(--failed);
      font-size: var(--t-xs);
    }
  `,
})
export class Repositories {
  protected readonly texts = inject(Texts);
  protected readonly said = inject(Said);
  protected readonly formats = inject(Formats);
  private readonly ui = inject(MachineUi);
  protected readonly store = inject(MachineStore);
  protected readonly none = {};
  readonly state = input.required<AptStateDto>();
  protected readonly open = computed(() => this.ui.open(this.store.id() ?? '', 'repositories'));
  protected readonly answered = computed(
    () => this.state().repositories?.filter((one) => one.status === 'ok').length ?? 0,
  );

  protected toggle(): void {
    const machineId = this.store.id();
    if (machineId !== null) {
      this.ui.toggle(machineId, 'repositories');
    }
  }
}
