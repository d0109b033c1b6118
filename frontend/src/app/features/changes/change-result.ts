import { Component, computed, DestroyRef, effect, inject, input, untracked } from '@angular/core';
import type { ExecutionDetailDto, JobDto } from '../../api/models';
import { Loadable } from '../../core/errors/loadable';
import { Formats } from '../../core/i18n/formats';
import { Said } from '../../core/i18n/said';
import { Texts } from '../../core/i18n/texts';
import { ErrorNotice } from '../../ui/error-notice';
import { FailureNotice } from '../../ui/failure-notice';
import { Icon } from '../../ui/icon';
import type { IconName } from '../../ui/icons';
import { JsonTree } from '../../ui/json-tree';
import { LoadingNote } from '../../ui/loading-note';
import { OPERATION_ICON, PackageTable, type PackageRow, type PackageRows } from '../../ui/package-table';
import { UnreadableNotes } from '../../ui/unreadable-notes';
import {
  differencesFirst,
  failuresOf,
  newlyFailed,
  proofs,
  readChangeResult,
  type ChangeResult,
  type Proof,
  type ProofKey,
  type ResultPackage,
} from './change-result-document';
import { ChangesApi } from './changes-api';
import type { SaidText } from './plan-details';
import { KeptLog } from './kept-log';
import { LineDifference } from './line-difference';
import { LoggedPackages } from './logged-packages';
import { PackageNews } from './package-news';
import { ErrorVerdicts } from './error-verdicts';
import { Remedy, type EndedChange } from './remedy';
import { whyUnmeasured } from './result-remainder';
import { ResultRemainder } from './result-remainder-view';
import { readServiceResult, serviceProofs, type ServiceResultDetails } from './service-documents';
import { ServiceRows } from './service-rows';
import { readRebootResult, rebootProofs, type RebootResultDetails } from './reboot-documents';

/** The log is sealed and the report written a moment after the end: so often, and so long apart, they are looked for. */
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

/** What results call what is proven. */
const FIELD: Readonly<Record<ProofKey, string>> = {
  whole: 'whole',
  packages: 'packages',
  autoMarks: 'auto_marks',
  conffiles: 'conffiles',
  units: 'failed_units',
  ports: 'ports',
  reboot: 'reboot_flag',
};

interface Cell {
  readonly title: string;
  readonly proof: Proof;
  readonly finding: string;
  readonly evidence: string;
  /** Sentences of the server that go with it. */
  readonly reasons?: readonly SaidText[];
}

/** Did it do what it said? What was planned beside what was found on the machine afterwards. */
@Component({
  selector: 'su-change-result',
  imports: [
    ErrorNotice,
    FailureNotice,
    Icon,
    JsonTree,
    KeptLog,
    LineDifference,
    LoadingNote,
    LoggedPackages,
    PackageNews,
    PackageTable,
    ErrorVerdicts,
    Remedy,
    ResultRemainder,
    ServiceRows,
    UnreadableNotes,
  ],
  templateUrl: './change-result.html',
  styleUrl: './change-result.scss',
})
export class ChangeResultView {
  protected readonly texts = inject(Texts);
  protected readonly said = inject(Said);
  protected readonly formats = inject(Formats);
  private readonly api = inject(ChangesApi);
  /** Its execution has the same id. */
  readonly job = input.required<JobDto>();
  private readonly executionId = computed(() => this.job().id);
  protected readonly execution = new Loadable<ExecutionDetailDto>();
  protected readonly icon = PROOF_ICON;
  protected readonly colour = PROOF_COLOUR;
  private looks = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;

  protected readonly result = computed(() => readChangeResult(this.execution.value()?.result ?? null));
  protected readonly failures = computed(() => failuresOf(this.job(), this.result()));
  protected readonly packages = computed((): PackageRows[] => [
    {
      key: 'all',
      heading: null,
      rows: differencesFirst(this.result()?.packages ?? []).map((pack) => this.row(pack)),
    },
  ]);
  protected readonly reboot = computed(() => readRebootResult(this.execution.value()?.result));
  protected readonly services = computed(() => readServiceResult(this.execution.value()?.result));
  protected readonly unread = computed(() => {
    const { result, important } = this.execution.value() ?? {};
    return [result, important].flatMap((one) => (one != null && one.unreadable !== null ? [one] : []));
  });
  /** Classes of what went wrong: of the result, and what the job itself ended with, which some results do not name. */
  protected readonly kinds = computed(() => {
    const all = [...(this.result()?.failures.map(({ kind }) => kind) ?? []), this.job().errorKind];
    return [...new Set(all.filter((kind) => kind !== null))];
  });
  /** Those that an action may mend. */
  protected readonly mendable = computed(() => this.kinds().filter((kind) => !this.result()?.unwound.includes(kind)));
  /** What may be planned again. */
  protected readonly unwell = computed((): EndedChange | null => {
    const { status, requestId, kind } = this.job();
    return requestId == null || (status !== 'error' && status !== 'cancelled') ? null : { requestId, action: kind };
  });
  protected readonly cells = computed((): Cell[] => {
    const result = this.result();
    const reboot = this.reboot();
    const services = this.services();
    if (reboot !== null) return this.rebootCells(reboot);
    if (services !== null) return this.serviceCells(services);
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
    const { artifactId, reportId } = this.execution.value() ?? {};
    if ((artifactId === null || reportId === null) && this.looks++ < LOOKS) {
      this.timer = setTimeout(() => void this.load(), LOOK_EVERY);
    }
  }

  private row({ name, arch, operation, before, now, origin, verdict }: ResultPackage): PackageRow {
    const good = verdict === 'as_planned';
    return {
      key: `${name}:${arch}`,
      name,
      icon: good ? OPERATION_ICON[operation] : 'failed',
      operation,
      from: before,
      to: now,
      origin,
      tone: good ? null : 'failed',
      marked: !good,
      reason: {
        icon: good ? 'tick' : null,
        text: this.texts.t(`result.verdict.${verdict}`),
        look: good ? 'plain' : 'failed',
      },
      notes: [],
      chosen: null,
    };
  }

  private cellsOf(result: ChangeResult): Cell[] {
    const { t } = this.texts;
    const proof = proofs(result);
    const { packages, autoMarks, conffiles, failedUnits, ports, reboot } = result;
    const cell = (key: ProofKey, found: { finding: string; evidence: string } | null): Cell => ({
      title: t(`result.${key}`),
      proof: proof[key] ?? 'unknown',
      ...(found ?? { finding: t('fact.notKnown'), evidence: this.whyUnknown(key, result) }),
    });
    const all: Readonly<Record<ProofKey, Cell>> = {
      whole: cell(
        'whole',
        result.whole === null
          ? null
          : { finding: t(result.whole ? 'result.whole.yes' : 'result.whole.no'), evidence: '' },
      ),
      packages: cell('packages', packages && this.packagesFound(packages, !result.audit?.length)),
      autoMarks: cell(
        'autoMarks',
        autoMarks && {
          finding: t('result.autoMarks.count', { kept: autoMarks.kept.length, lost: autoMarks.lost.length }),
          evidence: autoMarks.lost.length > 0 ? t('result.autoMarks.lost', { names: autoMarks.lost.join(', ') }) : '',
        },
      ),
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
      reboot: {
        ...cell('reboot', { finding: t(`result.reboot.${reboot}`), evidence: this.rebootNote(result) }),
        reasons: result.rebootReasons,
      },
    };
    return result.proven.map((key) => all[key]);
  }

  private rebootNote(result: ChangeResult): string {
    const { reboot, rebootReasons: reasons } = result;
    if (reboot === 'needed') return this.texts.t('forecast.reboot.note');
    if (reboot === 'unasked') return this.texts.t('result.reboot.unasked.note');
    return reboot === 'unknown' && reasons.length === 0 ? this.whyUnknown('reboot', result) : '';
  }

  private whyUnknown(key: ProofKey, { ending }: ChangeResult): string {
    const reason = whyUnmeasured(this.execution.value()?.result ?? null, FIELD[key]);
    const said = reason === null || reason === 'not_there' || reason === 'older';
    if (!said) return this.texts.t(`result.why.${reason}`);
    return this.texts.t(ending === 'ended' ? `result.${key}.notKnown` : 'result.notMeasured');
  }

  private rebootCells(result: RebootResultDetails): Cell[] {
    const { t } = this.texts;
    const proof = rebootProofs(result);
    const { outcome, rebooted, before, after, expected_kernel: expected, new_failed_units: units } = result;
    const unknown = t('fact.notKnown');
    return [
      {
        title: t('reboot.outcome'),
        proof: proof.outcome,
        finding: outcome === null ? t('reboot.outcome.none') : t(`reboot.outcome.${outcome}`),
        evidence: outcome === null ? '' : t(`reboot.outcome.${outcome}.note`),
      },
      {
        title: t('reboot.boot'),
        proof: proof.boot,
        finding: after === null ? unknown : t(rebooted ? 'reboot.boot.other' : 'reboot.boot.same'),
        evidence: after === null ? '' : t('reboot.boot.since', { time: this.formats.span(after.uptime_seconds) }),
      },
      {
        title: t('reboot.kernel'),
        proof: proof.kernel,
        finding: after?.kernel ?? unknown,
        evidence: [
          before === null ? '' : t('reboot.kernel.before', { kernel: before.kernel }),
          expected === null ? '' : t('reboot.kernel.expected', { kernel: expected }),
        ].join(' '),
      },
      {
        title: t('result.units'),
        proof: proof.units,
        finding: units === null ? unknown : t('reboot.units', { n: units.length }),
        evidence: (units ?? []).join(', '),
      },
    ];
  }

  private serviceCells(result: ServiceResultDetails): Cell[] {
    const { t } = this.texts;
    const proof = serviceProofs(result);
    const { units, new_failed_units: failed } = result;
    const good = units.filter(({ verdict }) => verdict === 'restarted').length;
    return [
      {
        title: t('services.title'),
        proof: proof.services,
        finding: t('services.done', { good, total: units.length }),
        evidence: t('services.evidence'),
      },
      {
        title: t('result.units'),
        proof: proof.units,
        finding: failed === null ? t('fact.notKnown') : t('reboot.units', { n: failed.length }),
        evidence: (failed ?? []).join(', '),
      },
    ];
  }

  private packagesFound(packages: readonly ResultPackage[], whole: boolean): { finding: string; evidence: string } {
    const good = packages.filter(({ verdict }) => verdict === 'as_planned').length;
    return {
      finding: this.texts.t('result.match', { good, total: packages.length }),
      evidence: this.texts.t(whole ? 'result.packages.evidence' : 'result.packages.notWhole'),
    };
  }
}
