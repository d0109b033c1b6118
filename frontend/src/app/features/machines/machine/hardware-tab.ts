import { Component, computed, effect, inject } from '@angular/core';
import type { MachineHardwareDto, MachineMetricsDto } from '../../../api/models';
import { Loadable } from '../../../core/errors/loadable';
import { Formats } from '../../../core/i18n/formats';
import { Texts } from '../../../core/i18n/texts';
import { Session } from '../../../core/session/session';
import { Ago } from '../../../ui/ago';
import { EmptyState } from '../../../ui/empty-state';
import { ErrorNotice } from '../../../ui/error-notice';
import { Icon } from '../../../ui/icon';
import { LoadingNote } from '../../../ui/loading-note';
import { UnreadableNotes } from '../../../ui/unreadable-notes';
import { MachinesApi } from '../machines-api';
import { flagAt, numberAt, textAt, textsAt, type Loose } from './loose';
import { MachineStore } from './machine-store';
import { Said, type Saying } from '../../../core/i18n/said';

const NEARLY_FULL = 90;

interface Row {
  readonly term: string;
  readonly value: string;
}

/** What the machine is made of and how full it is, as far as it could be read. */
@Component({
  selector: 'su-hardware-tab',
  imports: [Ago, EmptyState, ErrorNotice, Icon, LoadingNote, UnreadableNotes],
  templateUrl: './hardware-tab.html',
  styleUrl: './hardware-tab.scss',
})
export class HardwareTab {
  protected readonly texts = inject(Texts);
  protected readonly said = inject(Said);
  protected readonly formats = inject(Formats);
  protected readonly session = inject(Session);
  protected readonly store = inject(MachineStore);
  private readonly api = inject(MachinesApi);
  protected readonly hardware = new Loadable<MachineHardwareDto>();
  protected readonly metrics = new Loadable<MachineMetricsDto>();
  protected readonly never = computed(
    () =>
      this.hardware.value() === undefined &&
      this.metrics.value() === undefined &&
      this.hardware.problem()?.code === 'not_probed',
  );
  protected readonly problem = computed(() => {
    const problem = this.hardware.problem() ?? this.metrics.problem();
    return problem?.code === 'not_probed' ? null : problem;
  });
  protected readonly facts = computed(() => this.factsOf(this.hardware.value()));
  protected readonly lists = computed(() => this.listsOf(this.hardware.value()));
  protected readonly unreadable = computed(() => [
    ...(this.hardware.value()?.unreadable ?? []),
    ...(this.metrics.value()?.unreadable ?? []),
  ]);
  protected readonly warnings = computed(() =>
    [...(this.hardware.value()?.warnings ?? []), ...(this.metrics.value()?.warnings ?? [])].map((one) =>
      this.said.of(one as Saying & Loose, 'message'),
    ),
  );
  protected readonly filesystems = computed(() =>
    ((this.metrics.value()?.filesystems ?? []) as Loose[]).map((one) => ({
      mount: textAt(one, 'mountPoint') ?? textAt(one, 'mount') ?? '?',
      type: textAt(one, 'type') ?? '',
      size: numberAt(one, 'sizeBytes'),
      used: numberAt(one, 'usedBytes'),
      percent: numberAt(one, 'usedPercent'),
      full: (numberAt(one, 'usedPercent') ?? 0) >= NEARLY_FULL,
    })),
  );
  protected readonly load = computed(() => {
    const metrics = this.metrics.value();
    const values = [metrics?.cpuLoad1, metrics?.cpuLoad5].filter((one) => typeof one === 'number');
    return values.map((one) => this.formats.number(one, 2)).join(' · ');
  });

  constructor() {
    effect(() => {
      this.store.readings();
      this.refresh();
    });
  }

  protected refresh(): void {
    const id = this.store.id() ?? '';
    void this.hardware.load(() => this.api.hardware(id));
    void this.metrics.load(() => this.api.metrics(id));
  }

  protected probe(): void {
    void this.store.run('machine_probe');
  }

  private factsOf(hardware: MachineHardwareDto | undefined): Row[] {
    if (!hardware) {
      return [];
    }
    const { t } = this.texts;
    const why = (name: string): string => {
      const reason = this.reason(hardware, name);
      return reason === '' ? t('fact.notKnown') : t('hardware.notKnownWhy', { why: reason });
    };
    const firmware = hardware.firmware;
    const firmwareText = firmware
      ? ['biosVendor', 'vendor', 'biosVersion', 'version', 'biosDate', 'date']
          .flatMap((name) => textAt(firmware, name) ?? [])
          .join(' ')
      : '';
    const product = firmware
      ? ['systemVendor', 'productName'].flatMap((name) => textAt(firmware, name) ?? []).join(' ')
      : '';
    return [
      { term: t('hardware.cpu'), value: hardware.cpuModel ?? why('cpu_model') },
      {
        term: t('hardware.cores'),
        value: hardware.cpuCores === null ? why('cpu_cores') : this.formats.number(hardware.cpuCores),
      },
      {
        term: t('hardware.memory'),
        value: hardware.memoryBytes === null ? why('memory_bytes') : this.formats.bytes(hardware.memoryBytes),
      },
      { term: t('hardware.firmware'), value: firmwareText || why('firmware') },
      ...(product === '' ? [] : [{ term: t('hardware.product'), value: product }]),
    ];
  }

  private listsOf(hardware: MachineHardwareDto | undefined): { title: string; rows: Row[]; none: string }[] {
    if (!hardware) {
      return [];
    }
    const { t } = this.texts;
    const none = (name: string): string => this.reason(hardware, name) || t('hardware.none');
    return [
      { title: t('hardware.disks'), rows: rowsOf(hardware.disks, (disk) => this.disk(disk)), none: none('disks') },
      {
        title: t('hardware.network'),
        rows: rowsOf(hardware.network, (card) => this.card(card)),
        none: none('network'),
      },
      { title: t('hardware.gpus'), rows: rowsOf(hardware.gpus, (gpu) => this.gpu(gpu)), none: none('gpus') },
    ];
  }

  /** Why a value of the probe's document is missing; empty when it is not. */
  private reason(hardware: MachineHardwareDto, name: string): string {
    const path = `hardware.${name}`;
    return this.said.of({ said: hardware.said, [path]: hardware.reasons[path] }, path);
  }

  private disk(disk: Loose): Row {
    const size = numberAt(disk, 'sizeBytes');
    const spinning = flagAt(disk, 'rotational');
    const kind = spinning === null ? null : this.texts.t(spinning ? 'hardware.disk.spinning' : 'hardware.disk.solid');
    return row(textAt(disk, 'name'), [size === null ? null : this.formats.bytes(size), kind, textAt(disk, 'model')]);
  }

  private card(card: Loose): Row {
    const speed = numberAt(card, 'speedMbps');
    const rate = speed === null ? null : this.texts.t('hardware.speed', { n: speed });
    return row(textAt(card, 'name'), [...textsAt(card, 'addresses'), textAt(card, 'mac'), textAt(card, 'state'), rate]);
  }

  private gpu(gpu: Loose): Row {
    const driver = textAt(gpu, 'driver');
    return row(textAt(gpu, 'model') ?? textAt(gpu, 'vendor') ?? textAt(gpu, 'deviceId'), [
      driver === null ? this.texts.t('hardware.gpu.noDriver') : this.texts.t('hardware.gpu.driver', { name: driver }),
    ]);
  }
}

function rowsOf(list: readonly unknown[] | null, write: (item: Loose) => Row): Row[] {
  return ((list ?? []) as readonly Loose[]).map(write);
}

function row(term: string | null, parts: readonly (string | null)[]): Row {
  return { term: term ?? '?', value: parts.filter((part) => part !== null).join(' · ') };
}
