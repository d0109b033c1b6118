import { Component, effect, inject, input, signal, untracked } from '@angular/core';
import type { ArtifactDto } from '../../api/models';
import { Loadable } from '../../core/errors/loadable';
import { problemOf, type Problem } from '../../core/errors/problem';
import { Formats } from '../../core/i18n/formats';
import { Texts } from '../../core/i18n/texts';
import { Session } from '../../core/session/session';
import { ErrorNotice } from '../../ui/error-notice';
import { Icon } from '../../ui/icon';
import { ChangesApi } from './changes-api';

/** The sealed log of a change: whether it is kept and until when, and whoever may decides that it stays. */
@Component({
  selector: 'su-kept-log',
  imports: [ErrorNotice, Icon],
  template: `
    @if (log.value(); as kept) {
      <p class="finding">{{ finding(kept) }}</p>
      @if (kept.deletedAt === null) {
        <p class="xs t2">{{ until(kept) }}</p>
        <a class="link" [href]="'/api/artifacts/' + kept.id + '/content'" download
          ><su-icon name="download" />{{ texts.t('result.log.download') }}</a
        >
        @if (session.can('machines.write')) {
          <button type="button" class="link" [disabled]="deciding()" (click)="pin(kept)">
            <su-icon [name]="kept.pinned ? 'undo' : 'pin'" />{{
              texts.t(kept.pinned ? 'result.log.unpin' : 'result.log.pin')
            }}
          </button>
        }
      }
      @if (problem(); as failed) {
        <su-error-notice [problem]="failed" [heading]="texts.t('result.log.notDecided')" />
      }
    } @else if (log.problem(); as failed) {
      <su-error-notice
        [problem]="failed"
        [heading]="texts.t('result.log.notRead')"
        [retryable]="true"
        (retry)="load()"
      />
    } @else {
      <p class="finding t2">{{ texts.t('result.log.reading') }}</p>
    }
  `,
  styles: `
    .finding {
      margin-top: 2px;
      font-weight: 620;
    }

    .link {
      white-space: normal;
      text-align: start;
    }
  `,
})
export class KeptLog {
  protected readonly texts = inject(Texts);
  private readonly formats = inject(Formats);
  protected readonly session = inject(Session);
  private readonly api = inject(ChangesApi);
  readonly artifactId = input.required<string>();
  protected readonly log = new Loadable<ArtifactDto>();
  protected readonly deciding = signal(false);
  protected readonly problem = signal<Problem | null>(null);

  constructor() {
    effect(() => {
      this.artifactId();
      untracked(() => {
        this.log.reset();
        this.problem.set(null);
        void this.load();
      });
    });
  }

  protected load(): Promise<void> {
    return this.log.load(() => this.api.artifact(this.artifactId()));
  }

  protected finding({ deletedAt }: ArtifactDto): string {
    return deletedAt === null
      ? this.texts.t('result.log.kept')
      : this.texts.t('result.log.gone', { date: this.formats.day(deletedAt) });
  }

  protected until({ pinned, expiresAt }: ArtifactDto): string {
    if (pinned) return this.texts.t('result.log.pinned');
    if (expiresAt === null) return this.texts.t('result.log.always');
    if (Date.parse(expiresAt) < Date.now()) return this.texts.t('result.log.due');
    return this.texts.t('result.log.expires', { date: this.formats.day(expiresAt) });
  }

  protected async pin({ id, pinned }: ArtifactDto): Promise<void> {
    this.deciding.set(true);
    this.problem.set(null);
    try {
      const decided = await (pinned ? this.api.unpin(id) : this.api.pin(id));
      if (id === this.artifactId()) this.log.set(decided);
    } catch (error) {
      this.problem.set(problemOf(error));
    } finally {
      this.deciding.set(false);
    }
  }
}
