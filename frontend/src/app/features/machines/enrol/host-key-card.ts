import {
  afterNextRender,
  Component,
  computed,
  ElementRef,
  inject,
  input,
  output,
  signal,
  viewChild,
} from '@angular/core';
import type { HostKeyDto } from '../../../api/models';
import { Formats } from '../../../core/i18n/formats';
import { Texts, type TextKey } from '../../../core/i18n/texts';
import { Session } from '../../../core/session/session';
import { CopyButton } from '../../../ui/copy-button';
import { Icon } from '../../../ui/icon';
import { commandFor, inFours, sameFingerprint, splitAtChange } from './fingerprint';

/** Is this the key of the machine? Shown before anything secret is sent; decided by comparing, not by trusting. */
@Component({
  selector: 'su-host-key-card',
  imports: [CopyButton, Icon],
  templateUrl: './host-key-card.html',
  styleUrl: './host-key-card.scss',
})
export class HostKeyCard {
  protected readonly texts = inject(Texts);
  protected readonly formats = inject(Formats);
  protected readonly session = inject(Session);
  readonly machineName = input.required<string>();
  readonly key = input.required<HostKeyDto>();
  /** The key that was approved before, when this one replaces it. */
  readonly before = input<HostKeyDto | null>(null);
  /** Another key is approved, and this one is no question. */
  readonly beside = input(false);
  /** Machines that show the same key. */
  readonly sharedWith = input<readonly { readonly id: string; readonly name: string }[]>([]);
  /** Rises to true when the pasted fingerprint is the offered one, false when it is another. */
  readonly compared = output<boolean | null>();
  /** In the dialog the paste field has the focus, not the button that trusts. */
  readonly takesFocus = input(false);
  private readonly box = viewChild.required<ElementRef<HTMLInputElement>>('box');
  protected readonly pasted = signal('');
  protected readonly fours = computed(() => inFours(this.key().fingerprintSha256));
  protected readonly command = computed(() => commandFor(this.key().keyType));
  protected readonly same = computed(() => sameFingerprint(this.pasted(), this.key().fingerprintSha256));
  protected readonly type = computed(() => this.key().keyType.replace(/^ssh-/, '').toUpperCase());
  protected readonly standing = computed<TextKey>(() => {
    if (this.key().status === 'rejected') {
      return 'hostKey.wasRejected';
    }
    if (this.before() !== null) {
      return 'hostKey.changed';
    }
    return this.beside() ? 'hostKey.beside' : 'hostKey.first';
  });
  protected readonly diff = computed(() => {
    const before = this.before();
    return before === null
      ? null
      : {
          old: splitAtChange(before.fingerprintSha256, this.key().fingerprintSha256),
          now: splitAtChange(this.key().fingerprintSha256, before.fingerprintSha256),
        };
  });

  constructor() {
    afterNextRender(() => {
      if (this.takesFocus()) {
        this.box().nativeElement.focus();
      }
    });
  }

  protected names(): string {
    return this.formats.list(this.sharedWith().map((machine) => machine.name));
  }

  protected paste(text: string): void {
    this.pasted.set(text);
    this.compared.emit(this.same());
  }
}
