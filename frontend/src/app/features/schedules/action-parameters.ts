import { Component, computed, inject, input, output } from '@angular/core';
import { fieldsOf, shownFields, type ActionField } from './action-fields';
import { namesOf } from './schedule-draft';
import { ScheduleWords } from './schedule-words';

/** What an action of a schedule is told, asked for by what the action says of its parameters. */
@Component({
  selector: 'su-action-parameters',
  templateUrl: './action-parameters.html',
  styles: `
    :host {
      display: contents;
    }

    select {
      max-width: 100%;
    }

    .flag {
      display: flex;
      align-items: center;
      gap: 8px;
      font-size: var(--t-s);
    }

    .number {
      width: 6rem;
    }

    .named {
      flex: 1 1 100%;
      min-width: 0;
    }
  `,
})
export class ActionParameters {
  protected readonly words = inject(ScheduleWords);
  /** JSON Schema of the parameters. */
  readonly schema = input.required<Readonly<Record<string, unknown>>>();
  readonly parameters = input.required<Readonly<Record<string, unknown>>>();
  /** What was changed alone, null where it is taken away: two may change before the first is shown. */
  readonly changed = output<{ readonly name: string; readonly value: unknown }>();
  protected readonly fields = computed(() => shownFields(fieldsOf(this.schema()), this.parameters()));

  protected label(field: ActionField): string {
    return this.words.parameter(field.name);
  }

  protected value(field: ActionField): unknown {
    return this.parameters()[field.name] ?? field.otherwise;
  }

  protected text(field: ActionField): string {
    const value = this.value(field);
    return Array.isArray(value) ? value.join(' ') : typeof value === 'string' ? value : '';
  }

  protected set({ name }: ActionField, value: unknown): void {
    this.changed.emit({ name, value });
  }

  protected setNumber(field: ActionField, value: number): void {
    this.set(field, Number.isInteger(value) ? value : null);
  }

  protected setText(field: ActionField, text: string): void {
    const trimmed = text.trim();
    this.set(field, field.kind === 'names' ? namesOf(text) : trimmed === '' ? null : trimmed);
  }
}
