import { signal } from '@angular/core';
import { TestBed } from '@angular/core/testing';
import { provideRouter } from '@angular/router';
import type { ActionDto } from '../../api/models';
import { Texts, type Language } from '../../core/i18n/texts';
import { providePortalTexts } from '../../core/i18n/transloco';
import { Preferences } from '../../core/preferences/preferences';
import { Session } from '../../core/session/session';
import { freshDraft } from './schedule-draft';
import { ScheduleEditor } from './schedule-editor';
import { SchedulesApi } from './schedules-api';

const action = (name: string, kind: ActionDto['kind']): ActionDto =>
  ({
    name,
    kind,
    title: name,
    permission: 'machines.run',
    parameters: {},
    consequences: [],
    said: {},
  }) as unknown as ActionDto;
const known = [
  action('apt_update_analyze', 'read'),
  { ...action('apt_upgrade', 'change'), consequences: ['removals', 'own_machine'] },
];
const operator = ['machines.run', 'schedules.manage'];

describe('ScheduleEditor', () => {
  async function show(permissions: readonly string[], does = 'apt_update_analyze'): Promise<HTMLElement> {
    const scope = { ...freshDraft('UTC').scope, wholeFleet: true };
    const saved = { ...freshDraft('UTC'), id: 's', version: 1, name: 'Nightly', scope, concurrency: 10_000 };
    const named = { machines: [], tags: [], more: 0 };
    const api = {
      actions: () => Promise.resolve(known),
      get: () => Promise.resolve({ ...saved, named, actions: [{ action: does, parameters: {} }] }),
      previewTimes: () => Promise.resolve({ nextRuns: [] }),
      previewScope: () => Promise.resolve({ matching: 0, total: 0, machines: [], leftOut: [], notices: [] }),
    };
    TestBed.configureTestingModule({
      providers: [
        ...providePortalTexts(),
        provideRouter([]),
        { provide: Preferences, useValue: { get: signal<Language>('en') } },
        { provide: Session, useValue: { can: (permission: string) => permissions.includes(permission) } },
        { provide: SchedulesApi, useValue: api },
      ],
    });
    await TestBed.inject(Texts).start();
    const fixture = TestBed.createComponent(ScheduleEditor);
    fixture.componentRef.setInput('id', 's');
    const page = fixture.nativeElement as HTMLElement;
    for (let turn = 0; turn < 20 && save(page) === null; turn += 1) {
      fixture.detectChanges();
      await fixture.whenStable();
    }
    return page;
  }
  const offered = (page: HTMLElement): string[] =>
    [...page.querySelectorAll<HTMLOptionElement>('.actions option:enabled')].map(({ value }) => value);
  const save = (page: HTMLElement): HTMLButtonElement | null => page.querySelector('button.primary');

  it('offers an operator no action that changes machines, and says why', async () => {
    const page = await show(operator);
    expect(offered(page)).toEqual(['apt_update_analyze']);
    expect(page.textContent).toContain('by whoever may confirm changes');
    expect(save(page)?.disabled).toBe(false);
  });

  it('lets nobody save a schedule that they may not, and says why', async () => {
    const page = await show(operator, 'apt_upgrade');
    expect(save(page)?.disabled).toBe(true);
    expect(page.textContent).toContain('This changes machines: whoever may confirm changes has to save it.');
  });

  it('offers everything to whoever may confirm changes', async () => {
    const page = await show([...operator, 'changes.confirm'], 'apt_upgrade');
    expect(offered(page)).toEqual(['apt_update_analyze', 'apt_upgrade']);
    expect(page.textContent).not.toContain('whoever may confirm changes');
    expect(save(page)?.disabled).toBe(false);
  });

  it('lets the policy accept what the server says that plans of its actions may come with', async () => {
    const page = await show([...operator, 'changes.confirm'], 'apt_upgrade');
    expect(page.querySelector('su-policy-fields')?.textContent).toContain('system_update itself, or its database');
  });

  it('says that the installation alone limits how many machines come at a time, never 0', async () => {
    const page = await show(operator);
    expect(page.querySelector<HTMLInputElement>('#schedule-concurrency')?.value).toBe('');
    expect(page.querySelector('#schedule-concurrency-hint')?.textContent?.trim()).toBe(
      'as many machines at a time as the installation allows',
    );
  });
});
