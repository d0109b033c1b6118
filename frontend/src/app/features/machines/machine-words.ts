import { inject, Injectable } from '@angular/core';
import type { MachineTileDto } from '../../api/models';
import { Formats } from '../../core/i18n/formats';
import { Texts } from '../../core/i18n/texts';
import type { Need } from '../../ui/states';
import { JobWords } from '../../ui/job-words';
import { Said } from '../../core/i18n/said';

export interface Verdict {
  /** The strong words, in the colour of the machine's state. */
  readonly lead: string;
  /** Other updates beside the security ones. */
  readonly others: number | null;
  /** What follows: a reboot that waits, or a plain second line. */
  readonly reboot: string | null;
  readonly note: string | null;
}

/** A machine in words. Every sentence here is about something measured, or says that it is not known. */
@Injectable({ providedIn: 'root' })
export class MachineWords {
  private readonly texts = inject(Texts);
  protected readonly said = inject(Said);
  private readonly formats = inject(Formats);
  private readonly jobs = inject(JobWords);

  /** "Debian 13.2", or null before a first probe. */
  system(machine: Pick<MachineTileDto, 'osFamily' | 'osVersion'>): string | null {
    if (machine.osFamily === null || machine.osFamily === 'unknown') {
      return null;
    }
    const family = this.texts.known(`os.${machine.osFamily}`, capital(machine.osFamily));
    return machine.osVersion === null ? family : `${family} ${machine.osVersion}`;
  }

  kind(kind: MachineTileDto['machineKind'], short = false): string {
    return this.texts.t(`${short ? 'kindShort' : 'kind'}.${kind}`);
  }

  /** "Debian 13.2, amd64, virtual machine", as far as it is known. */
  about(machine: Pick<MachineTileDto, 'osFamily' | 'osVersion' | 'arch' | 'machineKind'>): string {
    const kind = machine.machineKind === 'unknown' ? null : this.texts.t(`kindIn.${machine.machineKind}`);
    return [this.system(machine), machine.arch, kind].filter((part) => part !== null).join(', ');
  }

  /**
   * Of the package lists: everything that is counted rests on them, however often it was counted since. Where one of
   * them was never seen refreshed, their age is not known, whatever the age of the counts.
   */
  age({ apt }: Pick<MachineTileDto, 'apt'>): string {
    if (apt.indexRefreshedAt !== null) {
      return this.formats.age(apt.indexRefreshedAt);
    }
    return this.texts.t(apt.lastAnalyzeAt === null ? 'tile.neverShort' : 'tile.ageUnknown');
  }

  /** "package lists 9 d old", with the word "stale" where the counts are not those of now. */
  index({ apt }: Pick<MachineTileDto, 'apt'>): string {
    const { t } = this.texts;
    const age = this.age({ apt });
    const lists =
      apt.indexRefreshedAt !== null
        ? t('tile.indexAge', { age })
        : t(apt.lastAnalyzeAt === null ? 'tile.indexNever' : 'tile.indexUnknown');
    return apt.stale ? t('tile.stale', { lists }) : lists;
  }

  verdict(machine: MachineTileDto): Verdict {
    const { t } = this.texts;
    const { apt } = machine;
    switch (machine.need) {
      case 'quarantined':
        return plain(this.cause(machine) ?? t('tile.quarantined'), t('tile.nothingSent'));
      case 'failed':
        return plain(this.cause(machine) ?? t('tile.failed'), this.lastKnown(machine));
      case 'unreachable':
        return plain(this.noAnswer(machine), this.lastKnown(machine));
      case 'running':
        return this.running(machine);
      case 'security':
        return {
          lead: apt.securityCount ? t('tile.security', { n: apt.securityCount }) : t('tile.securityLeft'),
          others: (apt.updatesCount ?? 0) - (apt.securityCount ?? 0) || null,
          ...this.rebootLine(machine),
        };
      case 'reboot':
        return plain(t('tile.rebootNeeded'), this.said.of(apt, 'rebootReason') || null);
      case 'updates':
        return {
          lead: apt.updatesCount ? t('tile.updates', { n: apt.updatesCount }) : t('tile.otherChanges'),
          others: null,
          ...this.rebootLine(machine),
        };
      case 'unknown':
        return apt.lastAnalyzeAt === null
          ? plain(this.cause(machine) ?? t('tile.neverAnalysed'), t('tile.nothingKnown'))
          : plain(t('tile.notMeasured'), this.lastKnown(machine));
      case 'stale':
        return plain(
          apt.indexRefreshedAt === null ? t('tile.staleUnknown') : t('tile.staleSince', { age: this.age(machine) }),
          this.lastKnown(machine),
        );
      case 'clean':
        return plain(t('need.clean'), null);
    }
  }

  /** The one value that decides, for the compact tile; empty when the state says it all. */
  value(machine: MachineTileDto): string {
    switch (machine.need) {
      case 'security':
        return machine.apt.securityCount ? this.formats.number(machine.apt.securityCount) : '';
      case 'updates':
        return machine.apt.updatesCount ? this.formats.number(machine.apt.updatesCount) : '';
      case 'running':
        return '…';
      case 'unreachable':
        return machine.lastSeenAt === null ? this.texts.t('tile.neverShort') : this.formats.age(machine.lastSeenAt);
      case 'stale':
        return this.age(machine);
      case 'unknown':
        return this.texts.t('tile.new');
      case 'quarantined':
        return this.texts.t('tile.key');
      case 'failed':
      case 'reboot':
      case 'clean':
        return '';
    }
  }

  /** "mail-01, Security: 4 security, 7 other, a reboot is needed, 2 left back, package lists 6 min old". */
  accessibleName(machine: MachineTileDto): string {
    const verdict = this.verdict(machine);
    const { t } = this.texts;
    const parts = [
      verdict.lead,
      verdict.others === null ? null : t('tile.others', { n: verdict.others }),
      verdict.reboot ?? verdict.note,
      machine.apt.keptBackCount ? t('tile.leftBack', { n: machine.apt.keptBackCount }) : null,
      // Of a machine that was never analysed the verdict says it all.
      machine.apt.lastAnalyzeAt === null && !machine.apt.stale ? null : this.index(machine),
    ];
    return `${machine.name}, ${t(`need.${machine.need}`)}: ${parts.filter((part) => part !== null).join(', ')}`;
  }

  /** Why the last attempt failed, in the portal's words when the class of error is known. */
  cause(machine: Pick<MachineTileDto, 'lastError'>): string | null {
    const error = machine.lastError;
    return error === null
      ? null
      : this.texts.known(`error.${error.kind}`, this.said.of(error, 'message') || error.kind);
  }

  private running(machine: MachineTileDto): Verdict {
    const job = machine.runningJob;
    return job === null
      ? plain(this.texts.t('need.running'), null)
      : plain(this.jobs.doing(job.kind), job.step === null ? this.texts.t('job.starting') : this.jobs.step(job.step));
  }

  private noAnswer(machine: MachineTileDto): string {
    const kind = machine.lastError?.kind;
    if (kind !== undefined && kind !== 'unreachable' && kind !== 'connect_timeout') {
      return this.cause(machine) ?? this.texts.t('tile.noAnswer');
    }
    return machine.lastSeenAt === null
      ? this.texts.t('tile.neverAnswered')
      : this.texts.t('tile.noAnswerFor', { age: this.formats.age(machine.lastSeenAt) });
  }

  /** Old counts are said to be old; nothing known is said too. */
  private lastKnown(machine: MachineTileDto): string {
    const { updatesCount, securityCount } = machine.apt;
    const { t } = this.texts;
    if (updatesCount === null) {
      return t('tile.nothingKnown');
    }
    if (securityCount) {
      return t('tile.lastKnown', { what: t('tile.security', { n: securityCount }) });
    }
    return t('tile.lastKnown', {
      what: updatesCount === 0 ? this.withoutUpdates(machine) : t('tile.updates', { n: updatesCount }),
    });
  }

  /** "Clean" only where that was the verdict: of a failed analysis nobody knows what the one before left back. */
  private withoutUpdates({ apt }: MachineTileDto): string {
    const { t } = this.texts;
    switch (apt.status) {
      case 'up_to_date':
      case 'stale':
        return t('tile.lastClean');
      case 'security_updates':
        return t('tile.securityLeft');
      case 'updates':
        return t('tile.otherChanges');
      case 'error':
      case 'unknown':
        return t('tile.updates', { n: 0 });
    }
  }

  private rebootLine(machine: MachineTileDto): Pick<Verdict, 'reboot' | 'note'> {
    const { t } = this.texts;
    switch (machine.apt.rebootRequired) {
      case true:
        return { reboot: t('tile.rebootNeeded'), note: null };
      case false:
        return { reboot: null, note: t('tile.noReboot') };
      case null:
        return { reboot: null, note: t('tile.rebootUnknown') };
    }
  }
}

function plain(lead: string, note: string | null): Verdict {
  return { lead, others: null, reboot: null, note };
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

/** Stale and unmeasured values lose their colour. */
export function isOld(machine: Pick<MachineTileDto, 'need' | 'apt'>): boolean {
  const colourless: readonly Need[] = ['quarantined', 'unreachable', 'unknown', 'stale'];
  return machine.apt.stale || colourless.includes(machine.need);
}
