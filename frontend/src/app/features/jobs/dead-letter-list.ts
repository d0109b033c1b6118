import { Component, inject, signal } from '@angular/core';
import { RouterLink } from '@angular/router';
import { firstValueFrom } from 'rxjs';
import type { DeadLetterCountDto, DeadLetterDto, RedrivenDto } from '../../api/models';
import { problemOf, type Problem } from '../../core/errors/problem';
import { Said } from '../../core/i18n/said';
import { Texts } from '../../core/i18n/texts';
import { DeadLetters } from '../../core/live/dead-letters';
import { Dialogs } from '../../ui/dialogs';
import { EmptyState } from '../../ui/empty-state';
import { ErrorNotice } from '../../ui/error-notice';
import { Icon } from '../../ui/icon';
import { JobWords } from '../../ui/job-words';
import { LoadingNote } from '../../ui/loading-note';
import { DeadLetterGroup } from './dead-letter-group';
import { DeadLettersApi } from './dead-letters-api';
import { RedriveDialog, type RedriveQuestion } from './redrive-dialog';

/** What was done last about dead letters, in words, and where it goes on. */
interface Done {
  readonly sentence: string;
  /** Reasons of refusals. */
  readonly reasons: readonly string[];
  readonly jobId: string | null;
}

/** Jobs that ended without a result, by the class of their error, and what people do about them. */
@Component({
  selector: 'su-dead-letter-list',
  imports: [DeadLetterGroup, EmptyState, ErrorNotice, Icon, LoadingNote, RouterLink],
  template: `
    <section class="card" aria-labelledby="dead-letters">
      <header>
        <h2 id="dead-letters">{{ texts.t('letters.title') }}</h2>
        <span class="t3 s">{{ letters.total() }}</span>
      </header>
      @if (done(); as told) {
        <div class="notice" role="status">
          <su-icon name="tick" />
          <div class="grow">
            <p>{{ told.sentence }}</p>
            @for (reason of told.reasons; track reason) {
              <p class="t2">{{ reason }}</p>
            }
          </div>
          @if (told.jobId; as id) {
            <a class="btn" [routerLink]="['/runs', id]">{{ texts.t('jobs.watch') }}</a>
          }
        </div>
      }
      @if (problem() ?? letters.problem(); as failed) {
        <su-error-notice
          [problem]="failed"
          [heading]="problem() ? undefined : texts.t('problem.listNotLoaded')"
          [retryable]="true"
          (retry)="problem.set(null); letters.refresh()"
        />
      }
      @if (letters.loaded()) {
        @for (group of letters.counts(); track group.errorKind) {
          <su-dead-letter-group
            [group]="group"
            [busy]="busy()"
            (redrive)="redrive($event)"
            (planAgain)="planAgain($event)"
            (dismiss)="dismiss($event)"
            (redriveAll)="redriveAll(group)"
            (dismissAll)="dismissAll(group)"
          />
        } @empty {
          <su-empty-state [heading]="texts.t('letters.none')" [text]="texts.t('letters.about')" />
        }
      } @else if (!letters.problem()) {
        <su-loading-note [text]="texts.t('letters.reading')" />
      }
    </section>
  `,
  styles: `
    section {
      overflow: hidden;
    }

    .notice {
      margin: 10px 14px;
    }
  `,
})
export class DeadLetterList {
  protected readonly texts = inject(Texts);
  protected readonly letters = inject(DeadLetters);
  private readonly api = inject(DeadLettersApi);
  private readonly dialogs = inject(Dialogs);
  private readonly said = inject(Said);
  private readonly words = inject(JobWords);
  protected readonly busy = signal(false);
  protected readonly problem = signal<Problem | null>(null);
  protected readonly done = signal<Done | null>(null);

  protected redrive(letter: DeadLetterDto): Promise<void> {
    return this.attempt(async () => {
      const job = await this.api.redrive(letter.id);
      return this.told('letters.redriven', letter, job.id);
    });
  }

  protected planAgain(letter: DeadLetterDto): Promise<void> {
    return this.attempt(async () => {
      const { jobId } = await this.api.planAgain(letter.requestId ?? '', letter.machineId);
      return this.told('letters.planned', letter, jobId);
    });
  }

  protected redriveAll({ errorKind, count, machines }: DeadLetterCountDto): Promise<void> {
    return this.attempt(async () => {
      const redrive = (): Promise<RedrivenDto[]> => this.api.redriveKind(errorKind);
      const question: RedriveQuestion = { count, machines, redrive };
      const dialog = this.dialogs.open<RedrivenDto[], RedriveQuestion, RedriveDialog>(
        RedriveDialog,
        question,
        'redrive-title',
        'footer .primary',
      );
      const results = await firstValueFrom(dialog.closed);
      return results === undefined ? null : this.outcome(results);
    });
  }

  protected dismiss(letter: DeadLetterDto): Promise<void> {
    return this.ask(1, 1, (reason) => this.api.dismiss(letter.id, reason));
  }

  protected dismissAll({ errorKind, count, machines }: DeadLetterCountDto): Promise<void> {
    return this.ask(count, machines, (reason) => this.api.dismissKind(errorKind, reason));
  }

  private ask(n: number, machines: number, decide: (reason: string) => Promise<number>): Promise<void> {
    return this.attempt(async () => {
      const dismissed = await this.dialogs.decide({
        title: 'letters.dismiss.title',
        params: { n, machines },
        text: 'letters.dismiss.text',
        reason: 'letters.dismiss.reason',
        required: false,
        act: 'letters.dismiss',
        decide,
      });
      if (dismissed === undefined) {
        return null;
      }
      return { sentence: this.texts.t('letters.dismissed', { n: dismissed }), reasons: [], jobId: null };
    });
  }

  private async attempt(work: () => Promise<Done | null>): Promise<void> {
    this.busy.set(true);
    try {
      const done = await work();
      this.problem.set(null);
      if (done !== null) {
        this.done.set(done);
      }
    } catch (error) {
      this.problem.set(problemOf(error));
    } finally {
      this.busy.set(false);
    }
    await this.letters.refresh();
  }

  private told(text: 'letters.redriven' | 'letters.planned', letter: DeadLetterDto, jobId: string | null): Done {
    const params = { what: this.words.title(letter), name: letter.machineName };
    return { sentence: this.texts.t(text, params), reasons: [], jobId };
  }

  private outcome(results: readonly RedrivenDto[]): Done {
    const refused = new Map<string, number>();
    for (const one of results.filter(({ outcome }) => outcome === 'refused')) {
      const why = this.said.of(one, 'message');
      refused.set(why, (refused.get(why) ?? 0) + 1);
    }
    const reasons = [...refused].map(([why, count]) => this.texts.t('letters.refused', { n: count, why }));
    const n = results.filter(({ outcome }) => outcome === 'queued').length;
    return { sentence: this.texts.t('letters.redriveDone', { n }), reasons, jobId: null };
  }
}
