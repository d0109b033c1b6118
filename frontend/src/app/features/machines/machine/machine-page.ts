import { Component, computed, DestroyRef, effect, inject, input, linkedSignal, untracked } from '@angular/core';
import { toSignal } from '@angular/core/rxjs-interop';
import { MatMenuModule } from '@angular/material/menu';
import { ActivatedRoute, NavigationEnd, Router, RouterLink, RouterLinkActive, RouterOutlet } from '@angular/router';
import { filter, startWith } from 'rxjs';
import { problemOf } from '../../../core/errors/problem';
import { Formats } from '../../../core/i18n/formats';
import { Texts, type TextKey } from '../../../core/i18n/texts';
import { Shortcuts } from '../../../core/keyboard/shortcuts';
import { openJobsOn } from '../../../core/live/open-jobs';
import { isMachineTab } from '../../../core/preferences/machine-tabs';
import { MachineUi } from '../../../core/preferences/machine-ui';
import { Session } from '../../../core/session/session';
import { PortalTitle } from '../../../shell/portal-title';
import { Trail } from '../../../shell/trail';
import { ErrorNotice } from '../../../ui/error-notice';
import { Icon } from '../../../ui/icon';
import { JobWords } from '../../../ui/job-words';
import { Lamp } from '../../../ui/lamp';
import { LoadingNote } from '../../../ui/loading-note';
import { offeredKey } from '../enrol/offered-key';
import { writeAddress } from '../enrol/ssh-address';
import { MachineWords } from '../machine-words';
import { MachinesApi } from '../machines-api';
import { Facts } from './facts';
import { MachineStore } from './machine-store';
import { RestartOffers, type AskedRestart } from './restart-offers';
import { Said } from '../../../core/i18n/said';
import { MachineList } from '../dashboard/machine-list';
import { TagChip } from '../tags/tag-chip';
import { ActiveInView } from '../../../ui/active-in-view';
import { MachineWindows } from '../../windows/machine-windows';

/** What waits on this machine, and why? */
@Component({
  selector: 'su-machine-page',
  imports: [
    ActiveInView,
    ErrorNotice,
    Facts,
    Icon,
    Lamp,
    LoadingNote,
    MachineWindows,
    MatMenuModule,
    RestartOffers,
    RouterLink,
    RouterLinkActive,
    RouterOutlet,
    TagChip,
  ],
  providers: [MachineStore],
  templateUrl: './machine-page.html',
  styleUrl: './machine-page.scss',
})
export class MachinePage {
  protected readonly texts = inject(Texts);
  protected readonly said = inject(Said);
  protected readonly session = inject(Session);
  protected readonly store = inject(MachineStore);
  protected readonly words = inject(MachineWords);
  protected readonly jobs = inject(JobWords);
  protected readonly formats = inject(Formats);
  private readonly api = inject(MachinesApi);
  private readonly router = inject(Router);
  private readonly route = inject(ActivatedRoute);
  private readonly ui = inject(MachineUi);
  private readonly list = inject(MachineList);
  readonly id = input.required<string>();
  private readonly openJobs = openJobsOn(this.id);
  private readonly arrived = toSignal(
    this.router.events.pipe(
      filter((event) => event instanceof NavigationEnd),
      startWith(null),
    ),
  );
  protected readonly machine = this.store.machine.value;
  protected readonly address = computed(() => {
    const machine = this.machine();
    return machine ? writeAddress(machine.hostname, machine.port) : '';
  });
  protected readonly about = computed(() => {
    const machine = this.machine();
    return machine === undefined ? '' : this.words.about(machine);
  });
  /** Changes that wait for the machine's maintenance window. */
  protected readonly held = computed(() => this.openJobs().filter((job) => job.waitingOn?.reason === 'window'));
  protected readonly runnable = this.store.runnable;
  /** Asked for by hand; another machine begins without. */
  protected readonly restartAsked = linkedSignal<string, AskedRestart | null>({
    source: this.id,
    computation: () => null,
  });
  /** What there is to say of its host keys; null when nothing waits for a decision. */
  protected readonly keyNote = computed<TextKey | null>(() => {
    const machine = this.machine();
    const quarantined = machine?.status === 'quarantined';
    const offered = offeredKey(machine?.hostKeys ?? [], quarantined);
    if (quarantined) {
      return offered === null ? 'machine.keyRejected' : 'machine.keyChanged';
    }
    return offered === null ? null : 'machine.keyWaits';
  });

  constructor() {
    const trail = inject(Trail);
    const title = inject(PortalTitle);
    effect(() => {
      this.store.open(this.id());
    });
    effect(() => {
      void this.ui.read(this.id());
    });
    effect(() => {
      this.arrived();
      const tab = this.route.snapshot.firstChild?.url[0]?.path;
      if (isMachineTab(tab)) {
        const id = this.id();
        untracked(() => {
          this.ui.visited(id, tab);
        });
      }
    });
    effect(() => {
      const name = this.machine()?.name ?? '…';
      title.show(name);
      trail.parts.set([{ label: this.texts.t('nav.machines'), link: '/machines' }, { label: name }]);
    });
    const analyse = (): boolean => {
      if (this.runnable()) {
        void this.analyse();
        return true;
      }
      return false;
    };
    const destroy = inject(DestroyRef);
    const shortcuts = inject(Shortcuts);
    shortcuts.bind('R', analyse, destroy);
    shortcuts.bind('[', () => this.neighbour(-1), destroy);
    shortcuts.bind(']', () => this.neighbour(1), destroy);
    destroy.onDestroy(() => this.store.stop());
  }

  /** The machine before or after this one on the list that was last shown, on the same tab. */
  private neighbour(by: 1 | -1): boolean {
    const ids = this.list.groups().flatMap((group) => group.ids);
    const next = ids[ids.indexOf(this.id()) + by];
    if (!ids.includes(this.id()) || next === undefined) {
      return false;
    }
    void this.router.navigateByUrl(this.router.url.replace(this.id(), next));
    return true;
  }

  /** Says in the address what is watched: the run's page. */
  protected async analyse(): Promise<void> {
    const job = await this.store.run('apt_update_analyze');
    if (job !== null) {
      await this.router.navigate(['/runs', job]);
    }
  }

  protected async probe(): Promise<void> {
    const job = await this.store.run('machine_probe');
    if (job !== null) {
      await this.router.navigate(['/runs', job]);
    }
  }

  protected async restore(): Promise<void> {
    try {
      this.store.machine.set(await this.api.restore(this.id()));
    } catch (error) {
      this.store.refused.set(problemOf(error));
    }
  }
}
