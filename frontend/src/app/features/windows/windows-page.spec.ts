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

/** The page, with the list that its server has. */
async function opened(all: readonly WindowDto[], on: Live['on'] = () => () => true) {
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
  return { fixture, page, shows };
}

const nights = {
  id: 'w',
  name: 'Made by Ben',
  scope: 'fleet',
  cron: '0 2 * * *',
  timezone: 'UTC',
  timingProblem: null,
  openings: [],
  durationMinutes: 60,
  enabled: true,
  updatedAt: '2026-06-10T10:00:00Z',
} as unknown as WindowDto;

it('reads the windows again when somebody else has changed them, until it is left', async () => {
  const told = new Map<string, () => void>();
  const on = (event: string, listener: () => void): (() => boolean) => {
    told.set(event, listener);
    return () => told.delete(event);
  };
  const all: WindowDto[] = [];
  const { fixture, shows } = await opened(all, on as unknown as Live['on']);
  await shows('No maintenance window');
  all.push(nights);
  told.get('windows.changed')?.();
  await shows('Made by Ben');
  fixture.destroy();
  expect(told.size).toBe(0);
});

it('tells of a window that cannot be read what to mend, not that it opens at no time of the year', async () => {
  const { page, shows } = await opened([{ ...nights, timezone: 'Europe/Nowhere', timingProblem: 'timezone' }]);
  await shows('Made by Ben');
  expect(page.querySelector('tbody .chip')?.textContent).toContain('Cannot be read');
  expect(page.textContent).toContain('Change it, or remove it.');
});
