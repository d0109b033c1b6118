import { DIALOG_DATA, DialogRef } from '@angular/cdk/dialog';
import { signal } from '@angular/core';
import { TestBed } from '@angular/core/testing';
import type { WindowDto } from '../../api/models';
import { Formats } from '../../core/i18n/formats';
import { Texts, type Language } from '../../core/i18n/texts';
import { providePortalTexts } from '../../core/i18n/transloco';
import { Preferences } from '../../core/preferences/preferences';
import { MachinesApi } from '../machines/machines-api';
import { WindowForm } from './window-form';
import { WindowsApi } from './windows-api';

const FROM = '2026-06-10T17:00:00.000Z';
const UNTIL = '2026-06-10T19:00:00.000Z';

describe('WindowForm', () => {
  async function openings(timezone: string): Promise<string> {
    const window = { id: 'w', name: 'Nights', scope: 'fleet', cron: '0 2 * * *', opensAt: null, durationMinutes: 120 };
    const preview = (): Promise<object[]> => Promise.resolve([{ from: FROM, until: UNTIL }]);
    TestBed.configureTestingModule({
      providers: [
        ...providePortalTexts(),
        { provide: Preferences, useValue: { get: signal<Language>('en') } },
        { provide: DialogRef, useValue: {} },
        { provide: DIALOG_DATA, useValue: { ...window, timezone } as WindowDto },
        { provide: WindowsApi, useValue: { preview } },
        { provide: MachinesApi, useValue: { tags: () => Promise.resolve([]) } },
      ],
    });
    await TestBed.inject(Texts).start();
    const fixture = TestBed.createComponent(WindowForm);
    const list = (): string => (fixture.nativeElement as HTMLElement).querySelector('.openings')?.textContent ?? '';
    const asked = Date.now();
    // What is typed is looked at after a pause.
    while (list().trim() === '' && Date.now() - asked < 5000) {
      fixture.detectChanges();
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return list();
  }
  const here = (): string => {
    const formats = TestBed.inject(Formats);
    return formats.range(FROM, UNTIL);
  };

  it('shows the next openings by the clocks of the window, and by those of the browser where they differ', async () => {
    const shown = await openings('Pacific/Kiritimati');
    expect(shown).toContain('11 Jun 2026, 07:00–09:00 Pacific/Kiritimati');
    expect(shown).toContain(`(${here()} here)`);
  });

  it('shows one clock where both are the same', async () => {
    expect((await openings(Intl.DateTimeFormat().resolvedOptions().timeZone)).trim()).toBe(here());
  });
});
