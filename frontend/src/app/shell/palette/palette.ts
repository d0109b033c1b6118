import { DialogRef } from '@angular/cdk/dialog';
import { Component, computed, DestroyRef, effect, inject, linkedSignal, signal, untracked } from '@angular/core';
import type { MachineTileDto } from '../../api/models';
import { Loadable } from '../../core/errors/loadable';
import { problemOf, type Problem } from '../../core/errors/problem';
import { Texts } from '../../core/i18n/texts';
import { MachinesApi } from '../../features/machines/machines-api';
import { ErrorNotice } from '../../ui/error-notice';
import { Icon } from '../../ui/icon';
import { machineQuestion, matching, type Command, type CommandGroup } from './commands';
import { PortalCommands } from './portal-commands';

const TYPING_PAUSE = 150;
const MACHINES = 8;
/** Machines that an action is offered for, beside opening them. */
const ACTED_ON = 3;

interface Section {
  readonly group: CommandGroup;
  readonly commands: readonly { readonly command: Command; readonly index: number }[];
}

/** Search or run: machines, actions and pages from one field, with the keyboard alone. */
@Component({
  selector: 'su-palette',
  imports: [ErrorNotice, Icon],
  templateUrl: './palette.html',
  styleUrl: './palette.scss',
})
export class Palette {
  protected readonly texts = inject(Texts);
  protected readonly ref = inject<DialogRef<void>>(DialogRef);
  private readonly commands = inject(PortalCommands);
  private readonly api = inject(MachinesApi);
  protected readonly question = signal('');
  protected readonly problem = signal<Problem | null>(null);
  protected readonly machines = new Loadable<MachineTileDto[]>();
  private readonly asked = computed(() => machineQuestion(this.question(), this.texts.t('menu.analyse')));
  protected readonly sections = computed(() => this.sectionsOf());
  protected readonly all = computed(() => this.sections().flatMap((section) => section.commands));
  protected readonly active = linkedSignal<string, number>({ source: this.question, computation: () => 0 });

  constructor() {
    let typing: ReturnType<typeof setTimeout> | undefined;
    effect(() => {
      const { name } = this.asked();
      untracked(() => {
        clearTimeout(typing);
        typing = setTimeout(() => void this.find(name), name === '' ? 0 : TYPING_PAUSE);
      });
    });
    inject(DestroyRef).onDestroy(() => {
      clearTimeout(typing);
    });
  }

  protected press(event: KeyboardEvent): void {
    const count = this.all().length;
    if (event.key === 'ArrowDown') {
      this.active.update((at) => (count === 0 ? 0 : (at + 1) % count));
    } else if (event.key === 'ArrowUp') {
      this.active.update((at) => (count === 0 ? 0 : (at + count - 1) % count));
    } else if (event.key === 'Enter' && !event.isComposing) {
      const chosen = this.all()[this.active()];
      if (chosen) {
        void this.run(chosen.command);
      }
    } else {
      return;
    }
    event.preventDefault();
  }

  /** Closes first: what runs may open something itself, and focus has to be back where it was. */
  protected async run(command: Command): Promise<void> {
    this.problem.set(null);
    if (command.group !== 'actions' || !command.id.startsWith('analyse-')) {
      this.ref.close();
      await command.run();
      return;
    }
    try {
      await command.run();
      this.ref.close();
    } catch (error) {
      this.problem.set(problemOf(error));
    }
  }

  private async find(name: string): Promise<void> {
    if (name === '') {
      this.machines.reset();
      return;
    }
    await this.machines.load(async () => (await this.api.list({ q: name, sort: 'name', limit: MACHINES })).items);
  }

  private sectionsOf(): Section[] {
    const { verbFirst } = this.asked();
    const found = this.machines.value() ?? [];
    const machines = found.map((machine) => this.commands.machine(machine));
    const analyses = found
      .slice(0, verbFirst ? MACHINES : ACTED_ON)
      .flatMap((machine) => this.commands.analyse(machine) ?? []);
    const actions = [...matching(this.commands.actions(), this.question()), ...analyses];
    const pages = matching(this.commands.pages(), this.question());
    const ordered: readonly [CommandGroup, readonly Command[]][] = verbFirst
      ? [
          ['actions', actions],
          ['machines', machines],
          ['pages', pages],
        ]
      : [
          ['machines', machines],
          ['pages', pages],
          ['actions', actions],
        ];
    let index = 0;
    return ordered.flatMap(([group, commands]) =>
      commands.length === 0 ? [] : [{ group, commands: commands.map((command) => ({ command, index: index++ })) }],
    );
  }
}
