import { signal } from '@angular/core';
import { TestBed } from '@angular/core/testing';
import type { MachineMaintenanceDto } from '../../api/models';
import { Texts, type Language } from '../../core/i18n/texts';
import { providePortalTexts } from '../../core/i18n/transloco';
import { Preferences } from '../../core/preferences/preferences';
import { WindowWords } from './window-words';

it('says of a machine whose window cannot be read which one that is', async () => {
  TestBed.configureTestingModule({
    providers: [...providePortalTexts(), { provide: Preferences, useValue: { get: signal<Language>('en') } }],
  });
  await TestBed.inject(Texts).start();
  const never = { state: 'never', longestSeconds: 0, unreadableWindowNames: [] as string[] };
  const said = (more: Partial<typeof never>): string | null =>
    TestBed.inject(WindowWords).standing({ ...never, ...more } as unknown as MachineMaintenanceDto);
  expect(said({ unreadableWindowNames: ['Nights'] })).toContain('the window Nights opens');
  expect(said({})).toBe('No window of this machine opens any more.');
});
