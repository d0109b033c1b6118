import { Component, effect, inject, signal } from '@angular/core';
import type { NetworkDto } from '../../api/models';
import { Loadable } from '../../core/errors/loadable';
import { problemOf, type Problem } from '../../core/errors/problem';
import { Texts } from '../../core/i18n/texts';
import { Session } from '../../core/session/session';
import { Trail } from '../../shell/trail';
import { Dialogs } from '../../ui/dialogs';
import { EmptyState } from '../../ui/empty-state';
import { ErrorNotice } from '../../ui/error-notice';
import { Icon } from '../../ui/icon';
import { LoadingNote } from '../../ui/loading-note';
import { NetworkForm } from './network-form';
import { NetworksApi } from './networks-api';

/** Which line is burdened how much? The networks, each with what runs and waits on its machines. */
@Component({
  selector: 'su-networks-page',
  imports: [EmptyState, ErrorNotice, Icon, LoadingNote],
  templateUrl: './networks-page.html',
  styles: `
    .acts {
      display: flex;
      flex-wrap: wrap;
      justify-content: flex-end;
      gap: 6px;
    }
  `,
})
export class NetworksPage {
  protected readonly texts = inject(Texts);
  private readonly session = inject(Session);
  private readonly api = inject(NetworksApi);
  private readonly dialogs = inject(Dialogs);
  protected readonly networks = new Loadable<NetworkDto[]>();
  protected readonly problem = signal<Problem | null>(null);
  /** The network that is about to be removed. */
  protected readonly removing = signal<string | null>(null);

  constructor() {
    const trail = inject(Trail);
    effect(() => {
      trail.parts.set([
        { label: this.texts.t('nav.settings'), link: '/settings' },
        { label: this.texts.t('networks.title') },
      ]);
    });
    void this.refresh();
  }

  protected may(): boolean {
    return this.session.can('settings.write');
  }

  protected refresh(): Promise<void> {
    return this.networks.load(() => this.api.list());
  }

  protected edit(network: NetworkDto | null): void {
    this.dialogs
      .open<NetworkDto, NetworkDto | null, NetworkForm>(NetworkForm, network, 'network-title', '#network-name')
      .closed.subscribe((saved) => {
        if (saved !== undefined) {
          void this.refresh();
        }
      });
  }

  protected async remove(network: NetworkDto): Promise<void> {
    this.problem.set(null);
    try {
      await this.api.remove(network);
    } catch (error) {
      this.problem.set(problemOf(error));
    } finally {
      this.removing.set(null);
      await this.refresh();
    }
  }
}
