import { signal } from '@angular/core';
import { TestBed } from '@angular/core/testing';
import { provideRouter } from '@angular/router';
import type { WindowDto } from '../../api/models';
import { Texts, type Language } from '../../core/i18n/texts';
import { providePortalTexts } from '../../core/i18n/transloco';
import { Live } from '../../core/live/live';
import { Preferences } from '../../core/preferences/preferences';
import { Session } from '../../core/session/session';
import { WindowsApi } from './windows-api';
import { WindowsPage } from './windows-page';

it('reads the windows again when somebody else has changed them, until it is left', async () => {
  const told = new Map<string, () => void>();
  const on = (event: string, listener: () => void): (() => boolean) => {
    told.set(event, listener);
    return () => told.delete(event);
  };
  const all: WindowDto[] = [];
  TestBed.configureTestingModule({
    providers: [
      ...providePortalTexts(),
      provideRouter([]),
      { provide: Preferences, useValue: { get: signal<Language>('en') } },
      { provide: Session, useValue: { can: () => false } },
      { provide: Live, useValue: { returns: signal(0), on } },
      { provide: WindowsApi, useValue: { list: () => Promise.resolve([...all]) } },
    ],
  });
  await TestBed.inject(Texts).start();
  const fixture = TestBed.createComponent(WindowsPage);
  const page = fixture.nativeElement as HTMLElement;
  async function shows(text: string): Promise<void> {
    for (let turn = 0; turn < 20 && page.textContent?.includes(text) !== true; turn += 1) {
      fixture.detectChanges();
      await fixture.whenStable();
    }
    expect(page.textContent).toContain(text);
  }
  await shows('No maintenance window');
  const window = { id: 'w', name: 'Made by Ben', scope: 'fleet', cron: '0 2 * * *', openings: [], timezone: 'UTC' };
  all.push({
    ...window,
    durationMinutes: 60,
    enabled: true,
    updatedAt: '2026-06-10T10:00:00Z',
  } as unknown as WindowDto);
  told.get('windows.changed')?.();
  await shows('Made by Ben');
  fixture.destroy();
  expect(told.size).toBe(0);
});
