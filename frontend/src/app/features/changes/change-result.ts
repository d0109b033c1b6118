import { Component, computed, DestroyRef, effect, inject, input, untracked } from '@angular/core';
import type { ExecutionDetailDto } from '../../api/models';
import { Loadable } from '../../core/errors/loadable';
import { Formats } from '../../core/i18n/formats';
import { Texts } from '../../core/i18n/texts';
import { ErrorNotice } from '../../ui/error-notice';
import { Icon } from '../../ui/icon';
import type { IconName } from '../../ui/icons';
import { JsonTree } from '../../ui/json-tree';
import { LoadingNote } from '../../ui/loading-note';
import { UnreadableNotes } from '../../ui/unreadable-notes';
import {
  differencesFirst,
  newlyFailed,
  proofs,
  readChangeResult,
  type ChangeResult,
  type Proof,
  type ProofKey,
  type ResultPackage,
} from './change-result-document';
import { ChangesApi } from './changes-api';
import { LineDifference } from './line-difference';
import { Remedy } from './remedy';

/** The log is sealed a moment after the end: so often, and so long apart, it is looked for. */
const LOOKS = 6;
const LOOK_EVERY = 3000;

const PROOF_ICON: Readonly<Record<Proof, IconName>> = {
  good: 'clean',
  look: 'warning',
  bad: 'failed',
  unknown: 'unknown',
};
const PROOF_COLOUR: Readonly<Record<Proof, string>> = {
  good: 'fg-clean',
  look: 'fg-stale',
  bad: 'fg-failed',
  unknown: 'fg-unknown',
};

interface Cell {
  readonly title: string;
  readonly proof: Proof;
  readonly finding: string;
  readonly evidence: string;
}

/** Did it do what it said? What was planned beside what was found on the machine afterwards. */
@Component({
  selector: 'su-change-result',
  imports: [ErrorNotice, Icon, JsonTree, LineDifference, LoadingNote, Remedy, UnreadableNotes],
  templateUrl: './change-result.html',
  styleUrl: './change-result.scss',
})
export class ChangeResultView {
  protected readonly texts = inject(Texts);
  protected readonly formats = inject(Formats);
  private readonly api = inject(ChangesApi);
  readonly executionId = input.required<string>();
  protected readonly execution = new Loadable<ExecutionDetailDto>();
  protected readonly icon = PROOF_ICON;
  protected readonly colour = PROOF_COLOUR;
  private looks = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;

  protected readonly result = computed(() => readChangeResult(this.execution.value()?.result ?? null));
  protected readonly packages = computed(() => differencesFirst(this.result()?.packages ?? []));
  protected readonly unread = computed(() => {
    const { result, important } = this.execution.value() ?? {};
    return [result, important].flatMap((one) => (one != null && one.unreadable !== null ? [one] : []));
  });
  protected readonly kinds = computed(() => this.result()?.errors.map(({ kind }) => kind) ?? []);
  protected readonly cells = computed((): Cell[] => {
    const result = this.result();
    return result === null ? [] : this.cellsOf(result);
  });

  constructor() {
    inject(DestroyRef).onDestroy(() => {
      clearTimeout(this.timer);
    });
    effect(() => {
      this.executionId();
      untracked(() => {
        this.execution.reset();
        this.looks = 0;
        void this.load();
      });
    });
  }

  protected async load(): Promise<void> {
    clearTimeout(this.timer);
    await this.execution.load(() => this.api.execution(this.executionId()));
    if (this.execution.value()?.artifactId === null && this.looks++ < LOOKS) {
      this.timer = setTimeout(() => void this.load(), LOOK_EVERY);
    }
  }

  protected verdict({ verdict }: ResultPackage): `result.verdict.${ResultPackage['verdict']}` {
    return `result.verdict.${verdict}`;
  }

  private cellsOf(result: ChangeResult): Cell[] {
    const { t } = this.texts;
    const proof = proofs(result);
    const { packages, conffiles, failedUnits, ports, reboot } = result;
    const cell = (key: ProofKey, found: { finding: string; evidence: string } | null): Cell => ({
      title: t(`result.${key}`),
      proof: proof[key] ?? 'unknown',
      ...(found ?? { finding: t('fact.notKnown'), evidence: '' }),
    });
    const all: Readonly<Record<ProofKey, Cell>> = {
      whole: cell(
        'whole',
        result.whole === null
          ? null
          : { finding: t(result.whole ? 'result.whole.yes' : 'result.whole.no'), evidence: '' },
      ),
      packages: cell('packages', packages && this.packagesFound(packages, result.audit.length === 0)),
      conffiles: cell(
        'conffiles',
        conffiles && {
          finding: t('result.conffiles.merge', { n: conffiles.length }),
          evidence: conffiles.join(', '),
        },
      ),
      units: cell(
        'units',
        failedUnits && {
          finding: t('result.units.count', { before: failedUnits.before.length, after: failedUnits.after.length }),
          evidence: newlyFailed(failedUnits).join(', '),
        },
      ),
      ports: cell(
        'ports',
        ports && {
          finding: t('result.ports.count', { gone: ports.gone.length, fresh: ports.opened.length }),
          evidence: [...ports.gone, ...ports.opened].join(', '),
        },
      ),
      reboot: cell('reboot', {
        finding: t(`result.reboot.${reboot}`),
        evidence: reboot === 'needed' ? t('forecast.reboot.note') : '',
      }),
    };
    return result.proven.map((key) => all[key]);
  }

  private packagesFound(packages: readonly ResultPackage[], whole: boolean): { finding: string; evidence: string } {
    const good = packages.filter(({ verdict }) => verdict === 'as_planned').length;
    return {
      finding: this.texts.t('result.match', { good, total: packages.length }),
      evidence: this.texts.t(whole ? 'result.packages.evidence' : 'result.packages.notWhole'),
    };
  }
}
