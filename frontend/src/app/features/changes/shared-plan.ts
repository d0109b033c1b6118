import { Component, computed, inject, input } from '@angular/core';
import type { SeveralMachinesDto } from '../../api/models';
import { Formats } from '../../core/i18n/formats';
import { Texts } from '../../core/i18n/texts';
import { OPERATION_ICON, PackageTable, type PackageRow, type PackageRows } from '../../ui/package-table';
import { readLines, type PlannedPackage } from './plan-lines';

/** More names than this are counted instead. */
const NAMED = 4;

/** What is confirmed of several machines: equal effects once, each with the machines that have it. */
@Component({
  selector: 'su-shared-plan',
  imports: [PackageTable],
  template: `
    <section class="card list" aria-labelledby="transaction">
      <header>
        <h2 id="transaction">{{ texts.t('plan.transaction') }}</h2>
        <span class="t3 s wide-only">{{ texts.t('several.transaction.note') }}</span>
      </header>
      @if (groups()[0]?.rows?.length) {
        <su-package-table
          [label]="texts.t('plan.transaction')"
          [reasons]="texts.t('several.where')"
          [groups]="groups()"
        />
      }
      @if (others().length > 0) {
        <ul class="effects">
          @for (one of others(); track one.line) {
            <li class="s">
              <span class="mono">{{ one.line }}</span> <span class="t2">{{ one.where }}</span>
            </li>
          }
        </ul>
      }
    </section>
  `,
  styles: `
    .list {
      overflow: clip;
    }

    .effects {
      padding: 8px 14px;

      li {
        overflow-wrap: anywhere;
      }
    }
  `,
})
export class SharedPlan {
  protected readonly texts = inject(Texts);
  private readonly formats = inject(Formats);
  readonly several = input.required<{
    readonly targets: readonly Pick<SeveralMachinesDto['targets'][number], 'machineId' | 'machineName'>[];
    readonly effects: SeveralMachinesDto['effects'];
  }>();
  private readonly names = computed(
    () => new Map(this.several().targets.map(({ machineId, machineName }) => [machineId, machineName])),
  );
  private readonly machinesOf = computed(
    () => new Map(this.several().effects.map(({ line, machineIds }) => [line, machineIds])),
  );
  private readonly lines = computed(() => readLines(this.several().effects.map(({ line }) => line)));
  /** Removals first, then what reaches most machines. */
  protected readonly groups = computed<readonly PackageRows[]>(() => [
    {
      key: 'all',
      heading: null,
      rows: [...this.lines().packages].sort((a, b) => this.weight(b) - this.weight(a)).map((one) => this.row(one)),
    },
  ]);
  protected readonly others = computed(() => this.lines().effects.map((line) => ({ line, where: this.where(line) })));

  private weight({ line, operation }: PlannedPackage): number {
    return (operation === 'remove' ? 1e6 : 0) + (this.machinesOf().get(line)?.length ?? 0);
  }

  private row(planned: PlannedPackage): PackageRow {
    const { line, name, operation, from, to, origin } = planned;
    return {
      key: line,
      name,
      icon: OPERATION_ICON[operation],
      operation,
      from,
      to,
      origin,
      tone: operation === 'remove' ? 'failed' : operation === 'install' ? 'clean' : null,
      marked: operation === 'remove',
      reason: { icon: null, text: this.where(line), look: 'plain' },
      notes: [],
      chosen: null,
    };
  }

  private where(line: string): string {
    const ids = this.machinesOf().get(line) ?? [];
    const names = ids.map((id) => this.names().get(id) ?? id);
    return names.length <= NAMED
      ? this.texts.t('several.on', { names: this.formats.list(names) })
      : this.texts.t('several.onMany', { n: names.length });
  }
}
