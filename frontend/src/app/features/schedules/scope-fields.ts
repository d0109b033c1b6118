import { Component, computed, effect, inject, input, output, signal } from '@angular/core';
import type { MachineTileDto, NamedScopeDto, ScheduleScopeDto, TagUseDto } from '../../api/models';
import { Loadable } from '../../core/errors/loadable';
import { Texts } from '../../core/i18n/texts';
import { Icon } from '../../ui/icon';
import { MachinesApi } from '../machines/machines-api';

const SUGGESTED = 20;
const PAUSE_MS = 300;
const CONDITIONS = ['securityUpdates', 'updates', 'rebootRequired'] as const;

/** On which machines: the whole fleet, those of tags, or named ones; and only where conditions hold. */
@Component({
  selector: 'su-scope-fields',
  imports: [Icon],
  templateUrl: './scope-fields.html',
  styleUrl: './scope-fields.scss',
})
export class ScopeFields {
  protected readonly texts = inject(Texts);
  private readonly machines = inject(MachinesApi);
  readonly scope = input.required<ScheduleScopeDto>();
  /** What machines that were named before are called. */
  readonly known = input<NamedScopeDto | null>(null);
  readonly changed = output<ScheduleScopeDto>();
  protected readonly conditions = CONDITIONS;
  protected readonly tags = new Loadable<TagUseDto[]>();
  protected readonly typed = signal('');
  protected readonly found = new Loadable<MachineTileDto[]>();
  private readonly names = signal<ReadonlyMap<string, string>>(new Map());
  protected readonly named = computed(() =>
    this.scope().machineIds.map((id) => {
      const known = this.known()?.machines.find((machine) => machine.id === id);
      return { id, name: this.names().get(id) ?? known?.name ?? id.slice(0, 8) };
    }),
  );

  constructor() {
    void this.tags.load(() => this.machines.tags());
    effect((onCleanup) => {
      const q = this.typed().trim();
      if (q === '') {
        return;
      }
      const find = async (): Promise<MachineTileDto[]> => (await this.machines.list({ q, limit: SUGGESTED })).items;
      const timer = setTimeout(() => void this.found.load(find), PAUSE_MS);
      onCleanup(() => {
        clearTimeout(timer);
      });
    });
  }

  protected set(change: Partial<ScheduleScopeDto>): void {
    this.changed.emit({ ...this.scope(), ...change });
  }

  protected setFleet(wholeFleet: boolean): void {
    this.set({ wholeFleet, ...(wholeFleet ? { machineIds: [], tagIds: [] } : {}) });
  }

  protected toggleTag(id: string, on: boolean): void {
    const others = this.scope().tagIds.filter((one) => one !== id);
    this.set({ tagIds: on ? [...others, id] : others });
  }

  /** A name that is typed whole, or chosen from the list, is taken at once. */
  protected type(text: string, field: HTMLInputElement): void {
    const machine = this.found.value()?.find(({ name }) => name === text);
    if (machine === undefined) {
      this.typed.set(text);
      return;
    }
    this.names.update((names) => new Map(names).set(machine.id, machine.name));
    this.set({ machineIds: [...new Set([...this.scope().machineIds, machine.id])] });
    this.typed.set('');
    field.value = '';
  }

  protected leave(id: string): void {
    this.set({ machineIds: this.scope().machineIds.filter((one) => one !== id) });
  }

  protected demand(condition: (typeof CONDITIONS)[number], holds: boolean): void {
    this.setCondition({ [condition]: holds });
  }

  protected setCondition(change: Partial<ScheduleScopeDto['conditions']>): void {
    this.set({ conditions: { ...this.scope().conditions, ...change } });
  }

  protected days(text: string): number | null {
    return text === '' ? null : Math.max(1, Math.round(Number(text)));
  }
}
