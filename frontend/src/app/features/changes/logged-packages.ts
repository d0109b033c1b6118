import { Component, computed, effect, inject, input, untracked } from '@angular/core';
import type { PackageChangeDto } from '../../api/models';
import { Texts } from '../../core/i18n/texts';
import { Paged } from '../../core/paged';
import { ErrorNotice } from '../../ui/error-notice';
import {
  OPERATION_ICON,
  PackageTable,
  type PackageOperation,
  type PackageRow,
  type PackageRows,
} from '../../ui/package-table';
import { ChangesApi } from './changes-api';

const OPERATION: Readonly<Record<PackageChangeDto['operation'], PackageOperation>> = {
  upgraded: 'upgrade',
  installed: 'install',
  removed: 'remove',
  downgraded: 'downgrade',
  unchanged: 'hold',
};

/** What the logs of the machine tell of a change by others, or of one of ours that left no result, once an analysis has read them. */
@Component({
  selector: 'su-logged-packages',
  imports: [ErrorNotice, PackageTable],
  template: `
    @if (changes.problem(); as failed) {
      <su-error-notice
        class="gap"
        [problem]="failed"
        [heading]="texts.t('problem.listNotLoaded')"
        [retryable]="true"
        (retry)="changes.refresh()"
      />
    }
    @if (changes.items()?.length) {
      <section class="card list gap" [attr.aria-label]="texts.t(of())">
        <header>
          <h2>{{ texts.t(of()) }}</h2>
        </header>
        @if (of() === 'result.logged') {
          <p class="in xs t2">{{ texts.t('result.logged.note') }}</p>
        }
        <su-package-table [label]="texts.t(of())" [reasons]="texts.t('result.verdict')" [groups]="packages()" />
        @if (changes.hasMore()) {
          <p class="in">
            <button type="button" class="btn" [disabled]="changes.loading()" (click)="changes.more()">
              {{ texts.t('act.loadMore') }}
            </button>
          </p>
        }
      </section>
    }
  `,
  styles: `
    :host {
      display: contents;
    }
  `,
})
export class LoggedPackages {
  protected readonly texts = inject(Texts);
  private readonly api = inject(ChangesApi);
  readonly executionId = input.required<string>();
  /** Its heading. */
  readonly of = input<'result.logged' | 'timeline.packages'>('result.logged');
  protected readonly changes = new Paged<PackageChangeDto>((cursor) =>
    this.api.packageChanges(this.executionId(), cursor),
  );
  protected readonly packages = computed((): PackageRows[] => [
    { key: 'all', heading: null, rows: (this.changes.items() ?? []).map((change) => this.row(change)) },
  ]);

  constructor() {
    effect(() => {
      this.executionId();
      untracked(() => void this.changes.refresh());
    });
  }

  private row({ id, name, operation, fromVersion, toVersion, origin }: PackageChangeDto): PackageRow {
    const done = OPERATION[operation];
    return {
      key: id,
      name,
      icon: OPERATION_ICON[done],
      operation: done,
      from: fromVersion,
      to: toVersion,
      origin,
      tone: null,
      marked: false,
      reason: { icon: null, text: this.texts.t(`packages.did.${operation}`), look: 'plain' },
      notes: [],
      chosen: null,
    };
  }
}
