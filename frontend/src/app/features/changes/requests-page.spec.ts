import { signal } from '@angular/core';
import { TestBed } from '@angular/core/testing';
import { provideRouter, Router } from '@angular/router';
import { RouterTestingHarness } from '@angular/router/testing';
import { Texts, type Language } from '../../core/i18n/texts';
import { providePortalTexts } from '../../core/i18n/transloco';
import { WaitingRequests } from '../../core/live/waiting-requests';
import { Preferences } from '../../core/preferences/preferences';
import { ChangesApi } from './changes-api';
import { decidedQuery } from './decided-filter';
import { RequestsPage } from './requests-page';
import { RequestWords } from './request-words';

const nothing = (): unknown => null;
const waiting = { problem: nothing, loaded: () => true, loading: nothing, entries: () => [], hasMore: nothing };

/** A request that was carried out. */
const executed = (runStatus: string | null): object => {
  const names = { machineId: 'm', machineName: 'mail-01', summary: null, decidedBy: 'ada', decidedAt: null, said: {} };
  return {
    id: String(runStatus),
    status: 'executed',
    withdrawn: false,
    createdAt: '2026-01-01T11:00:00Z',
    ...names,
    runStatus,
  };
};

describe('RequestsPage', () => {
  let items: object[] = [];
  const asked: string[] = [];
  let page: RouterTestingHarness;

  beforeEach(async () => {
    asked.length = 0;
    items = [];
    const decided = (view: string): Promise<object> => {
      asked.push(view);
      return Promise.resolve({ items, nextCursor: null });
    };
    TestBed.configureTestingModule({
      providers: [
        ...providePortalTexts(),
        provideRouter([{ path: 'requests', component: RequestsPage }]),
        { provide: Preferences, useValue: { get: signal<Language>('en') } },
        { provide: WaitingRequests, useValue: { ...waiting, total: () => 0, lastChanged: signal(null) } },
        { provide: ChangesApi, useValue: { decided } },
        { provide: RequestWords, useValue: { what: () => 'Update' } },
      ],
    });
    await TestBed.inject(Texts).start();
    page = await RouterTestingHarness.create();
  });
  const pressed = (): string[] =>
    [...(page.routeNativeElement?.querySelectorAll('[aria-pressed=true]') ?? [])].map((one) => one.textContent.trim());

  it('lists what people decided and what was carried out, unless the address says otherwise', async () => {
    await page.navigateByUrl('/requests');
    expect([asked, pressed()]).toEqual([['people'], ['Decided']]);
    await page.navigateByUrl('/requests?decided=expired');
    expect([asked, pressed()]).toEqual([['people', 'expired'], ['Expired']]);
    await page.navigateByUrl('/requests?decided=nonsense');
    expect(asked.at(-1)).toBe('people');
  });

  it('keeps the choice in the address', async () => {
    await page.navigateByUrl('/requests');
    const choices = [...(page.routeNativeElement?.querySelectorAll<HTMLButtonElement>('.seg button') ?? [])];
    choices.find((one) => one.textContent.trim() === 'All')?.click();
    await page.fixture.whenStable();
    page.detectChanges();
    expect([TestBed.inject(Router).url, asked.at(-1)]).toEqual(['/requests?decided=all', 'all']);
  });

  it('calls carried out what went well alone', async () => {
    items = ['ok', 'warning', null, 'error', 'cancelled'].map(executed);
    await page.navigateByUrl('/requests');
    await page.fixture.whenStable();
    page.detectChanges();
    const chips = [...(page.routeNativeElement?.querySelectorAll('tbody .chip') ?? [])];
    expect(chips.map((chip) => [chip.textContent.trim(), chip.classList.contains('is-clean')])).toEqual([
      ['Carried out', true],
      ['Carried out', true],
      ['Carried out', true],
      ['Failed', false],
      ['Stopped', false],
    ]);
  });

  it('asks the server for each view', () => {
    expect(decidedQuery('people')).toMatchObject({ decided: true });
    expect(decidedQuery('expired')).toEqual({ status: ['expired'], decided: false });
    expect(decidedQuery('all')).not.toHaveProperty('decided');
  });
});
