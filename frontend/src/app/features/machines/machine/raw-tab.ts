import { Component, effect, inject, input, signal } from '@angular/core';
import type { SnapshotDetailDto, SnapshotPageDto } from '../../../api/models';
import { Loadable } from '../../../core/errors/loadable';
import { Formats } from '../../../core/i18n/formats';
import { Texts } from '../../../core/i18n/texts';
import { CopyButton } from '../../../ui/copy-button';
import { download } from '../../../ui/download';
import { EmptyState } from '../../../ui/empty-state';
import { ErrorNotice } from '../../../ui/error-notice';
import { Icon } from '../../../ui/icon';
import { JobWords } from '../../../ui/job-words';
import { JsonTree } from '../../../ui/json-tree';
import { LoadingNote } from '../../../ui/loading-note';
import { UnreadableNotes } from '../../../ui/unreadable-notes';
import { MachinesApi } from '../machines-api';
import { MachineStore } from './machine-store';
import { Paged } from '../../../core/paged';

/** Everything the machine said, as it is kept: one versioned document per reading. */
@Component({
  selector: 'su-raw-tab',
  imports: [CopyButton, EmptyState, ErrorNotice, Icon, JsonTree, LoadingNote, UnreadableNotes],
  templateUrl: './raw-tab.html',
  styleUrl: './raw-tab.scss',
})
export class RawTab {
  protected readonly texts = inject(Texts);
  protected readonly formats = inject(Formats);
  protected readonly jobs = inject(JobWords);
  private readonly store = inject(MachineStore);
  private readonly api = inject(MachinesApi);
  /** Query parameter: the reading to open. */
  readonly snapshot = input<string>();
  protected readonly list = new Paged<SnapshotPageDto['items'][number]>((cursor) =>
    this.api.snapshots(this.store.id() ?? '', cursor),
  );
  protected readonly chosen = signal<string | null>(null);
  protected readonly document = new Loadable<SnapshotDetailDto>();

  constructor() {
    effect(() => {
      this.store.readings();
      void this.list.refresh();
    });
    effect(() => {
      const id = this.snapshot() ?? this.list.items()?.[0]?.id;
      if (id !== undefined && this.chosen() === null) {
        this.show(id);
      }
    });
  }

  protected show(id: string): void {
    this.chosen.set(id);
    void this.document.load(() => this.api.snapshot(id));
  }

  protected json(document: SnapshotDetailDto): string {
    return JSON.stringify(document.payload, null, 2);
  }

  protected download(document: SnapshotDetailDto): void {
    const name = `${this.store.machine.value()?.name ?? 'machine'}-${document.kind}-${document.createdAt}.json`;
    download(name, this.json(document), 'application/json');
  }
}
