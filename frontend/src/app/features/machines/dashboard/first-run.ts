import { Component, computed, ElementRef, inject, output, signal, viewChild, afterNextRender } from '@angular/core';
import { FormsModule } from '@angular/forms';
import { Texts } from '../../../core/i18n/texts';
import { Session } from '../../../core/session/session';
import { Icon } from '../../../ui/icon';
import { parseAddress } from '../enrol/ssh-address';

/** No machine yet: the address field has the focus, and three sentences say what will happen. */
@Component({
  selector: 'su-first-run',
  imports: [FormsModule, Icon],
  templateUrl: './first-run.html',
  styleUrl: './first-run.scss',
})
export class FirstRun {
  protected readonly texts = inject(Texts);
  protected readonly session = inject(Session);
  readonly connect = output<string>();
  private readonly field = viewChild<ElementRef<HTMLInputElement>>('field');
  protected readonly address = signal('');
  protected readonly tried = signal(false);
  protected readonly wrong = computed(() => this.tried() && parseAddress(this.address()) === null);

  constructor() {
    afterNextRender(() => this.field()?.nativeElement.focus());
  }

  protected submit(): void {
    this.tried.set(true);
    if (!this.wrong()) {
      this.connect.emit(this.address().trim());
    }
  }
}
