import { DialogRef } from '@angular/cdk/dialog';
import { Component, inject, signal } from '@angular/core';
import type { TagUseDto } from '../../../api/models';
import { Loadable } from '../../../core/errors/loadable';
import { problemOf, type Problem } from '../../../core/errors/problem';
import { Texts } from '../../../core/i18n/texts';
import { EmptyState } from '../../../ui/empty-state';
import { ErrorNotice } from '../../../ui/error-notice';
import { Icon } from '../../../ui/icon';
import { LoadingNote } from '../../../ui/loading-note';
import { MachinesApi } from '../machines-api';
import { TagRow } from './tag-row';

/** All tags: adding, renaming, colouring and removing them. */
@Component({
  selector: 'su-tags-dialog',
  imports: [EmptyState, ErrorNotice, Icon, LoadingNote, TagRow],
  template: `
    <div class="dialog">
      <header>
        <h1 id="tags-title">{{ texts.t('tags.title') }}</h1>
        <span class="grow"></span>
        <button type="button" class="btn quiet icon" [attr.aria-label]="texts.t('act.close')" (click)="ref.close()">
          <su-icon name="cross" />
        </button>
      </header>
      <div class="body">
        @if (tags.problem(); as failed) {
          <su-error-notice
            [problem]="failed"
            [heading]="texts.t('problem.listNotLoaded')"
            [retryable]="true"
            (retry)="refresh()"
          />
        }
        @if (tags.value(); as all) {
          @for (tag of all; track tag.id) {
            <su-tag-row [tag]="tag" (changed)="refresh()" />
          } @empty {
            <su-empty-state [heading]="texts.t('tags.none')" [text]="texts.t('tags.none.text')" />
          }
        } @else if (tags.first()) {
          <su-loading-note [text]="texts.t('tags.reading')" />
        }
        @if (problem(); as failed) {
          <su-error-notice [problem]="failed" />
        }
      </div>
      <footer>
        <form class="line grow" (submit)="$event.preventDefault(); add()">
          <div class="field tall grow">
            <input
              #field
              type="text"
              maxlength="50"
              autocomplete="off"
              [attr.aria-label]="texts.t('machine.newTag')"
              [placeholder]="texts.t('machine.newTag')"
              [value]="name()"
              (input)="name.set(field.value)"
            />
          </div>
          <button class="btn primary" [disabled]="busy() || name().trim() === ''">
            {{ texts.t('machine.addTag') }}
          </button>
        </form>
      </footer>
    </div>
  `,
})
export class TagsDialog {
  protected readonly texts = inject(Texts);
  protected readonly ref = inject<DialogRef<void>>(DialogRef);
  private readonly api = inject(MachinesApi);
  protected readonly tags = new Loadable<TagUseDto[]>();
  protected readonly name = signal('');
  protected readonly busy = signal(false);
  protected readonly problem = signal<Problem | null>(null);

  constructor() {
    void this.refresh();
  }

  protected refresh(): Promise<void> {
    return this.tags.load(() => this.api.tags());
  }

  protected async add(): Promise<void> {
    if (this.name().trim() === '') {
      return;
    }
    this.busy.set(true);
    this.problem.set(null);
    try {
      await this.api.createTag(this.name().trim());
      this.name.set('');
      await this.refresh();
    } catch (error) {
      this.problem.set(problemOf(error));
    } finally {
      this.busy.set(false);
    }
  }
}
