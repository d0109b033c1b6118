import { Component, computed, inject, input, linkedSignal, output, signal } from '@angular/core';
import { MatMenuModule } from '@angular/material/menu';
import type { TagUseDto } from '../../../api/models';
import { problemOf, type Problem } from '../../../core/errors/problem';
import { Texts } from '../../../core/i18n/texts';
import { ErrorNotice } from '../../../ui/error-notice';
import { Icon } from '../../../ui/icon';
import { MachinesApi } from '../machines-api';
import { TAG_COLORS, tagPaint } from './tag-colors';

/** One tag: its colour, its name, how many carry it, and what removing it would do. */
@Component({
  selector: 'su-tag-row',
  imports: [ErrorNotice, Icon, MatMenuModule],
  templateUrl: './tag-row.html',
  styleUrl: './tag-row.scss',
})
export class TagRow {
  protected readonly texts = inject(Texts);
  private readonly api = inject(MachinesApi);
  readonly tag = input.required<TagUseDto>();
  readonly changed = output();
  protected readonly name = linkedSignal(() => this.tag().name);
  protected readonly removing = signal(false);
  protected readonly busy = signal(false);
  protected readonly problem = signal<Problem | null>(null);
  protected readonly renamed = computed(() => this.name().trim() !== '' && this.name().trim() !== this.tag().name);
  protected readonly paint = computed(() => tagPaint(this.tag().color));
  protected readonly colors = TAG_COLORS;
  protected readonly paintOf = tagPaint;

  protected rename(): Promise<void> {
    return this.act(async () => {
      if (this.renamed()) {
        await this.api.changeTag(this.tag().id, { name: this.name().trim() });
      }
    });
  }

  protected recolor(color: string | null): Promise<void> {
    return this.act(async () => {
      await this.api.changeTag(this.tag().id, { color });
    });
  }

  protected remove(): Promise<void> {
    return this.act(() => this.api.removeTag(this.tag().id));
  }

  private async act(work: () => Promise<void>): Promise<void> {
    this.busy.set(true);
    this.problem.set(null);
    try {
      await work();
      this.removing.set(false);
      this.changed.emit();
    } catch (error) {
      this.problem.set(problemOf(error));
    } finally {
      this.busy.set(false);
    }
  }
}
