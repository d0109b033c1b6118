import { Component, computed, effect, inject, untracked } from '@angular/core';
import { toSignal } from '@angular/core/rxjs-interop';
import { ActivatedRoute, Router, RouterLink, type ParamMap } from '@angular/router';
import type { AuditEntryDto, UserDto } from '../../api/models';
import { AUDIT_ACTION } from '../../api/models/audit-action-array';
import { AUDIT_OUTCOME } from '../../api/models/audit-outcome-array';
import { Loadable } from '../../core/errors/loadable';
import { Formats } from '../../core/i18n/formats';
import { Texts } from '../../core/i18n/texts';
import { Paged } from '../../core/paged';
import { readWhileAllowed } from '../../core/session/read-while-allowed';
import { Trail } from '../../shell/trail';
import { EmptyState } from '../../ui/empty-state';
import { ErrorNotice } from '../../ui/error-notice';
import { Icon } from '../../ui/icon';
import { LoadingNote } from '../../ui/loading-note';
import { UnreadableNotes } from '../../ui/unreadable-notes';
import { WhenSeen } from '../../ui/when-seen';
import { UsersApi } from '../accounts/users-api';
import { AuditWords, OUTCOME_ICON } from './audit-words';
import { HistoryApi, type AuditQuery } from './history-api';

const PAGE = 100;

/** Who did what, when, and from where. The filter lives in the address. */
@Component({
  selector: 'su-audit',
  imports: [EmptyState, ErrorNotice, Icon, LoadingNote, RouterLink, UnreadableNotes, WhenSeen],
  templateUrl: './audit.html',
  styleUrl: './audit.scss',
})
export class Audit {
  protected readonly texts = inject(Texts);
  protected readonly formats = inject(Formats);
  protected readonly words = inject(AuditWords);
  private readonly api = inject(HistoryApi);
  private readonly accounts = inject(UsersApi);
  private readonly router = inject(Router);
  private readonly route = inject(ActivatedRoute);
  private readonly params = toSignal(this.route.queryParamMap, { requireSync: true });
  protected readonly filter = computed(() => filterOf(this.params()), {
    equal: (a, b) => JSON.stringify(a) === JSON.stringify(b),
  });
  protected readonly filtered = computed(() => Object.keys(this.filter()).length > 0);
  protected readonly entries = new Paged<AuditEntryDto>((cursor) =>
    this.api.audit({ ...this.filter(), limit: PAGE, ...(cursor === undefined ? {} : { cursor }) }),
  );
  protected readonly users = new Loadable<UserDto[]>();
  protected readonly machineName = computed(() => this.entries.items()?.[0]?.machineName ?? this.filter().machineId);
  protected readonly actions = AUDIT_ACTION;
  protected readonly outcomes = AUDIT_OUTCOME;
  protected readonly icon = OUTCOME_ICON;

  constructor() {
    const trail = inject(Trail);
    effect(() => {
      trail.parts.set([{ label: this.texts.t('nav.audit') }]);
    });
    effect(() => {
      this.filter();
      untracked(() => void this.entries.refresh());
    });
    readWhileAllowed(
      'users.manage',
      () => this.users.load(() => this.accounts.list()),
      () => {
        this.users.reset();
      },
    );
  }

  protected change(part: Readonly<Record<string, string | null>>): void {
    void this.router.navigate([], { relativeTo: this.route, queryParams: part, queryParamsHandling: 'merge' });
  }

  protected clear(): void {
    void this.router.navigate([], { relativeTo: this.route });
  }
}

type Filter = Pick<AuditQuery, 'action' | 'actorId' | 'machineId' | 'outcome'>;

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** What makes no sense in an address is as if it were not there. */
function filterOf(params: ParamMap): Filter {
  const id = (name: string): string | undefined =>
    UUID.test(params.get(name) ?? '') ? (params.get(name) ?? '') : undefined;
  const filter = {
    action: AUDIT_ACTION.find((one) => one === params.get('action')),
    outcome: AUDIT_OUTCOME.find((one) => one === params.get('outcome')),
    actorId: id('who'),
    machineId: id('machine'),
  };
  return Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== undefined));
}
