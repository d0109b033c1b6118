import { inject, Injectable } from '@angular/core';
import { Router } from '@angular/router';
import type { MachineTileDto } from '../../api/models';
import { Texts } from '../../core/i18n/texts';
import { Activity } from '../../core/live/activity';
import { Session } from '../../core/session/session';
import { Appearance } from '../../core/preferences/appearance';
import { Preferences } from '../../core/preferences/preferences';
import { MachineWords } from '../../features/machines/machine-words';
import { MachinesApi } from '../../features/machines/machines-api';
import { Dialogs } from '../../ui/dialogs';
import { needIcon, NEEDS } from '../../ui/states';
import { KeySheet } from '../key-sheet';
import type { Command } from './commands';

/** What this account can do and where it can go; read anew each time, so that it speaks the language that is on. */
@Injectable({ providedIn: 'root' })
export class PortalCommands {
  private readonly texts = inject(Texts);
  private readonly session = inject(Session);
  private readonly appearance = inject(Appearance);
  private readonly preferences = inject(Preferences);
  private readonly activity = inject(Activity);
  private readonly words = inject(MachineWords);
  private readonly api = inject(MachinesApi);
  private readonly dialogs = inject(Dialogs);
  private readonly router = inject(Router);

  actions(): Command[] {
    const { t } = this.texts;
    return [
      ...(this.session.can('machines.write')
        ? [this.go('add', 'actions', 'plus', t('enrol.add'), '/machines/new')]
        : []),
      this.act('theme', this.appearance.dark() ? 'sun' : 'moon', t('top.theme'), () => {
        this.appearance.toggleTheme();
      }),
      this.act('language', 'message', t('top.language'), () => {
        this.preferences.choose('language', this.texts.language() === 'en' ? 'fr' : 'en');
      }),
      this.act('density', 'rows', t('keys.density'), () => {
        this.appearance.toggleDensity();
      }),
      this.act('keys', 'keyboard', t('keys.title'), () => {
        this.dialogs.open<void, null, KeySheet>(KeySheet, null, 'keys-title');
      }),
    ];
  }

  pages(): Command[] {
    const { t } = this.texts;
    const may = (allowed: boolean, page: () => Command): Command[] => (allowed ? [page()] : []);
    return [
      this.go('machines', 'pages', 'machines', t('nav.machines'), '/machines'),
      ...NEEDS.map((need) => ({
        ...this.go(`need-${need}`, 'pages', needIcon(need), t(`need.${need}`), `/machines?state=${need}`),
        note: t('nav.machines'),
        need,
        hidden: true,
      })),
      ...may(this.session.can('tags.write'), () => this.go('tags', 'pages', 'tag', t('tags.title'), '/machines/tags')),
      ...may(this.session.can('events.read'), () =>
        this.go('packages', 'pages', 'package', t('nav.packages'), '/packages'),
      ),
      ...may(this.session.can('events.read'), () =>
        this.go('messages', 'pages', 'message', t('nav.messages'), '/messages'),
      ),
      ...may(this.session.can('jobs.read'), () =>
        this.go('requests', 'pages', 'inbox', t('nav.requests'), '/requests'),
      ),
      ...may(this.session.can('jobs.read'), () =>
        this.go('activity', 'pages', 'activity', t('nav.activity'), '/activity'),
      ),
      ...may(this.session.can('schedules.read'), () =>
        this.go('schedules', 'pages', 'clock', t('nav.schedules'), '/schedules'),
      ),
      ...may(this.session.can('schedules.read'), () =>
        this.go('calendar', 'pages', 'clock', t('schedules.calendar'), '/schedules/calendar'),
      ),
      ...may(this.session.can('machines.read'), () =>
        this.go('windows', 'pages', 'clock', t('windows.title'), '/schedules/windows'),
      ),
      ...may(this.session.can('audit.read'), () => this.go('audit', 'pages', 'audit', t('nav.audit'), '/audit')),
      ...may(this.session.can('users.manage'), () => this.go('users', 'pages', 'users', t('nav.users'), '/users')),
      ...may(this.session.can('settings.read'), () =>
        this.go('settings', 'pages', 'gear', t('nav.settings'), '/settings'),
      ),
      this.go('me', 'pages', 'user', t('nav.me'), '/me'),
    ];
  }

  machine(machine: MachineTileDto): Command {
    return {
      ...this.go(machine.id, 'machines', needIcon(machine.need), machine.name, `/machines/${machine.id}`),
      need: machine.need,
      // Names need not be unique; addresses are.
      note: `${this.words.verdict(machine).lead} · ${machine.hostname}`,
    };
  }

  /** Null where nothing may be started. */
  analyse(machine: MachineTileDto): Command | null {
    if (!this.session.can('machines.run') || machine.need === 'quarantined') {
      return null;
    }
    const label = this.texts.t('palette.analyse', { name: machine.name });
    return {
      ...this.act(`analyse-${machine.id}`, 'search', label, async () => {
        this.activity.receive(await this.api.run(machine.id, 'apt_update_analyze'));
      }),
      note: this.texts.t('palette.changesNothing'),
    };
  }

  private act(id: string, icon: Command['icon'], label: string, run: Command['run']): Command {
    return { id, group: 'actions', icon, label, note: '', run };
  }

  private go(id: string, group: Command['group'], icon: Command['icon'], label: string, address: string): Command {
    return { id, group, icon, label, note: '', run: () => void this.router.navigateByUrl(address) };
  }
}
