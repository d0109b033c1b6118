import { Component, input, output, signal } from '@angular/core';

/** Lets something be done about a machine once its name is typed by hand. */
@Component({
  selector: 'su-typed-name',
  template: `
    <label class="label s b" [for]="fieldId()">{{ label() }}</label>
    <div class="line wrap">
      <div class="field grow">
        <input autocomplete="off" [id]="fieldId()" [value]="typed()" (input)="typed.set(field.value)" #field />
      </div>
      <button
        type="button"
        class="btn danger"
        [disabled]="typed() !== name() || busy()"
        (click)="confirmed.emit(typed())"
      >
        {{ act() }}
      </button>
    </div>
  `,
  styles: `
    :host {
      display: block;
    }
  `,
})
export class TypedName {
  /** Of the field, on its page. */
  readonly fieldId = input.required<string>();
  readonly label = input.required<string>();
  /** What is to be typed. */
  readonly name = input.required<string>();
  /** Verb and object, on the button. */
  readonly act = input.required<string>();
  readonly busy = input.required<boolean>();
  /** With the name, as it was typed. */
  readonly confirmed = output<string>();
  protected readonly typed = signal('');
}
