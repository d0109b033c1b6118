import { Component, computed, inject, input } from '@angular/core';
import type { AptStateDto, MachineDetailDto } from '../../../api/models';
import { Formats } from '../../../core/i18n/formats';
import { Texts } from '../../../core/i18n/texts';
import { isOld } from '../machine-words';
import { Said } from '../../../core/i18n/said';

interface Fact {
  readonly term: string;
  readonly value: string;
  /** A second word of the value, in the colour of its state. */
  readonly hot?: string;
  readonly note: string;
  readonly state?: string;
}

const NEARLY_FULL = 90;

/** The facts of a machine in cells. What was not measured says so, or has no cell; old values lose their colour. */
@Component({
  selector: 'su-facts',
  template: `
    <dl>
      @for (fact of facts(); track fact.term) {
        <div>
          <dt>{{ fact.term }}</dt>
          <dd>
            <span [class]="fact.state ? 'fg-' + fact.state : ''">{{ fact.value }}</span>
            @if (fact.hot) {
              &ngsp;<span class="fg-security">{{ fact.hot }}</span>
            }
            <small [title]="fact.note">{{ fact.note }}</small>
          </dd>
        </div>
      }
    </dl>
  `,
  styles: `
    dl {
      display: grid;
      grid-template-columns: repeat(auto-fit, minmax(min(11rem, 50%), 1fr));
      gap: 1px;
      margin-bottom: 12px;
      overflow: hidden;
      border: 1px solid var(--line);
      border-radius: var(--r-l);
      background: var(--surface);
    }

    div {
      min-width: 0;
      padding: 9px 14px 10px;
      // Lines to the right and below: a last row that is not full leaves no dark hole.
      box-shadow:
        1px 0 0 var(--line),
        0 1px 0 var(--line);
    }

    @media (max-width: 700px) {
      dl {
        grid-template-columns: 1fr 1fr;
      }

      div:last-child:nth-child(odd) {
        grid-column: 1 / -1;
      }
    }

    dt {
      color: var(--text-3);
      font-size: var(--t-xs);
      line-height: 1.35;
    }

    dd {
      font-size: var(--t-m);
      font-weight: 620;
      line-height: 1.43;
    }

    small {
      // The whole evidence stands in the machine's timeline and documents; a title has it here.
      display: -webkit-box;
      overflow: hidden;
      -webkit-box-orient: vertical;
      -webkit-line-clamp: 3;
      color: var(--text-2);
      font-size: var(--t-xs);
      font-weight: 400;
      line-height: 1.35;
      overflow-wrap: anywhere;
    }
  `,
})
export class Facts {
  private readonly texts = inject(Texts);
  protected readonly said = inject(Said);
  private readonly formats = inject(Formats);
  readonly machine = input.required<MachineDetailDto>();
  readonly apt = input<AptStateDto>();
  protected readonly facts = computed<Fact[]>(() =>
    [this.pending(), this.reboot(), this.index(), this.root(), this.messages(), this.others()].filter(
      (fact) => fact !== null,
    ),
  );

  private pending(): Fact {
    const { apt } = this.machine();
    const { t } = this.texts;
    const term = t('fact.pending');
    if (apt.updatesCount === null) {
      return { term, value: t('fact.notKnown'), note: t('tile.neverAnalysed') };
    }
    const old = isOld(this.machine());
    const security = apt.securityCount ? t('fact.security', { n: apt.securityCount }) : '';
    const count = apt.updatesCount === 0 ? this.withoutUpdates() : t('tile.updates', { n: apt.updatesCount });
    const left = apt.keptBackCount === null ? '' : t('fact.leftBack', { n: apt.keptBackCount });
    const since = apt.lastAnalyzeAt === null ? '' : t('fact.lastKnown', { age: this.formats.age(apt.lastAnalyzeAt) });
    const value = security === '' ? count : `${count},`;
    const state = this.apt();
    if (state !== undefined && security !== '' && apt.status === 'security_updates' && isIncomplete(state)) {
      const what = `${value} ${security}`;
      return { term, value: t('fact.atLeast', { what }), note: this.said.of(state, 'staleReason') };
    }
    return {
      term,
      value: old && security ? `${value} ${security}` : value,
      hot: old ? undefined : security,
      note: old ? since : left,
    };
  }

  private withoutUpdates(): string {
    switch (this.machine().apt.status) {
      case 'security_updates':
        return this.texts.t('tile.securityLeft');
      case 'updates':
        return this.texts.t('tile.otherChanges');
      default:
        return this.texts.t('fact.nothing');
    }
  }

  private reboot(): Fact | null {
    const { apt } = this.machine();
    const { t } = this.texts;
    if (apt.lastAnalyzeAt === null) {
      return null;
    }
    const kernel = this.apt()?.reboot.runningKernel;
    const running = kernel ? t('fact.kernel', { version: kernel }) : '';
    const key = apt.rebootRequired === null ? 'unknown' : apt.rebootRequired ? 'needed' : 'no';
    return {
      term: t('need.reboot'),
      value: t(`fact.reboot.${key}`),
      note: this.said.of(apt, 'rebootReason') || running,
      state: key === 'needed' && !isOld(this.machine()) ? 'reboot' : undefined,
    };
  }

  private index(): Fact | null {
    const { t } = this.texts;
    const at = this.machine().apt.indexRefreshedAt;
    const repositories = this.apt()?.repositories;
    if (at === null && !repositories) {
      return null;
    }
    const answered = repositories?.filter((one) => one.status === 'ok').length ?? 0;
    return {
      term: t('fact.index'),
      value: at === null ? t('fact.index.never') : t('fact.index.age', { age: this.formats.age(at) }),
      note: repositories ? t('fact.repositories', { n: answered, total: repositories.length }) : '',
      state: this.machine().apt.stale || (repositories && answered < repositories.length) ? 'stale' : undefined,
    };
  }

  private root(): Fact | null {
    const { metrics } = this.machine();
    const { t } = this.texts;
    if (metrics.rootUsedPercent === null) {
      return null;
    }
    const memory =
      metrics.memoryUsedPercent === null
        ? ''
        : t('fact.memory', { percent: this.formats.percent(metrics.memoryUsedPercent) });
    return {
      term: t('fact.root'),
      value: t('fact.used', { percent: this.formats.percent(metrics.rootUsedPercent) }),
      note: memory,
      state: metrics.rootUsedPercent >= NEARLY_FULL && !isOld(this.machine()) ? 'stale' : undefined,
    };
  }

  private messages(): Fact | null {
    const count = this.machine().openMessagesCount;
    const { t } = this.texts;
    return count === null
      ? null
      : {
          term: t('tab.messages'),
          value: t('fact.messages', { n: count }),
          note: count === 0 ? '' : t('fact.messages.note'),
        };
  }

  private others(): Fact | null {
    const programs = this.apt()?.coManagedBy;
    const { t } = this.texts;
    return programs?.length
      ? { term: t('fact.alsoBy'), value: this.formats.list(programs), note: t('fact.alsoBy.note') }
      : null;
  }
}

/** The list of a repository is missing: what is counted by the others is what there is at least. */
function isIncomplete({ said }: AptStateDto): boolean {
  return said['staleReason']?.some(({ code }) => code === 'apt.index_incomplete') ?? false;
}
