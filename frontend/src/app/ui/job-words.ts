import { inject, Injectable } from '@angular/core';
import type { JobDto } from '../api/models';
import { Formats } from '../core/i18n/formats';
import { Texts } from '../core/i18n/texts';
import type { IconName } from './icons';
import { Said } from '../core/i18n/said';

type JobStatus = JobDto['status'];

/** Which state colours a job borrows. */
export const JOB_STATE: Readonly<Record<JobStatus, string>> = {
  queued: 'unknown',
  running: 'running',
  ok: 'clean',
  warning: 'stale',
  error: 'failed',
  cancelled: 'unknown',
};

export const JOB_ICON: Readonly<Record<JobStatus, IconName>> = {
  queued: 'queued',
  running: 'arc',
  ok: 'clean',
  warning: 'warning',
  error: 'failed',
  cancelled: 'ban',
};

/** Jobs and their steps in words; what has no translation is shown as the server named it. */
@Injectable({ providedIn: 'root' })
export class JobWords {
  private readonly texts = inject(Texts);
  protected readonly said = inject(Said);
  private readonly formats = inject(Formats);

  title(job: Pick<JobDto, 'kind' | 'title' | 'said'>): string {
    return this.texts.known(`job.kind.${job.kind}`, this.said.of(job, 'title'));
  }

  /** "Analysing": what a machine is doing when only the name of the work is known. */
  doing(kind: string): string {
    return this.texts.known(`job.doing.${kind}`, plain(kind));
  }

  /** The name of a document that a run left. */
  reading(kind: string): string {
    return this.texts.known(`job.reading.${kind}`, plain(kind));
  }

  step(name: string): string {
    return this.texts.known(`job.step.${name}`, plain(name));
  }

  /** What happens now: the step, what it waits for, or how it ended. */
  now(job: JobDto): string {
    if (job.status === 'queued') {
      if (job.waitingOn?.reason === 'window' && job.windowName !== null && job.availableAt !== null) {
        return this.texts.t('job.waitsForWindow', { window: job.windowName, at: this.formats.short(job.availableAt) });
      }
      return job.waitingOn === null ? this.texts.t('job.waitsForWorker') : this.said.of(job.waitingOn, 'sentence');
    }
    if (job.status === 'running') {
      return job.cancelRequested
        ? this.texts.t('job.stopping')
        : job.step === null
          ? this.texts.t('job.starting')
          : this.step(job.step);
    }
    return job.errorMessage === null ? this.texts.t(`job.status.${job.status}`) : this.failure(job);
  }

  private failure(job: JobDto): string {
    return this.texts.known(`error.${job.errorKind ?? ''}`, this.said.of(job, 'errorMessage'));
  }

  startedBy(job: JobDto): string {
    return job.requestedBy.name ?? this.texts.known(`job.by.${job.requestedBy.type}`, job.requestedBy.type);
  }

  since(job: JobDto): string {
    return job.startedAt === null
      ? this.formats.elapsed(job.createdAt, job.finishedAt)
      : this.formats.elapsed(job.startedAt, job.finishedAt);
  }
}

function plain(name: string): string {
  const words = name.replaceAll('_', ' ').trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}
