import { Component, computed, inject, input, model, signal } from '@angular/core';
import { FormsModule } from '@angular/forms';
import type { CreateMachineDto, TagDto } from '../../../api/models';
import { Texts } from '../../../core/i18n/texts';
import { MachinesApi } from '../machines-api';
import { parseAddress, writeAddress } from './ssh-address';
import { Said } from '../../../core/i18n/said';
import type { Problem } from '../../../core/errors/problem';

export interface AddressDraft {
  readonly address: string;
  readonly username: string;
  /** Empty: the host name is the name. */
  readonly name: string;
  readonly kind: NonNullable<CreateMachineDto['machineKind']> | '';
  readonly tagIds: readonly string[];
}

export function isSameAddress(one: AddressDraft, other: AddressDraft): boolean {
  const { address, username, name, kind } = one;
  return (
    address === other.address &&
    username === other.username &&
    name === other.name &&
    kind === other.kind &&
    one.tagIds.join() === other.tagIds.join()
  );
}

const KINDS = ['vm', 'physical', 'proxmox_host', 'lxc', 'raspberry_pi', 'workstation'] as const;

/** Where the machine is and what it is called. Whoever types `user@host` fills two fields at once. */
@Component({
  selector: 'su-address-form',
  imports: [FormsModule],
  templateUrl: './address-form.html',
})
export class AddressForm {
  protected readonly texts = inject(Texts);
  protected readonly said = inject(Said);
  readonly draft = model.required<AddressDraft>();
  readonly wrong = input<Problem['fields']>({});
  protected readonly addressProblem = computed(() => {
    const problem = this.wrong()['hostname'] ?? this.wrong()['port'];
    return problem ? this.said.of(problem, 'message') : this.texts.t('enrol.addressWrong');
  });
  protected readonly left = signal(false);
  protected readonly tags = signal<readonly TagDto[]>([]);
  protected readonly kinds = KINDS;
  protected readonly parsed = computed(() => parseAddress(this.draft().address));
  protected readonly badAddress = computed(() => this.left() && this.draft().address !== '' && this.parsed() === null);

  constructor() {
    void inject(MachinesApi)
      .tags()
      .then((tags) => {
        this.tags.set(tags);
      })
      .catch(() => undefined);
  }

  protected set(part: Partial<AddressDraft>): void {
    this.draft.update((draft) => ({ ...draft, ...part }));
  }

  /** Takes the user out of `user@host` into its own field. */
  protected leave(): void {
    this.left.set(true);
    const place = this.parsed();
    if (place?.user) {
      this.set({ address: writeAddress(place.host, place.port), username: place.user });
    }
  }

  protected toggleTag(id: string): void {
    const { tagIds } = this.draft();
    this.set({ tagIds: tagIds.includes(id) ? tagIds.filter((one) => one !== id) : [...tagIds, id] });
  }
}
