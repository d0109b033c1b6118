import { signal } from '@angular/core';
import { TestBed } from '@angular/core/testing';
import { provideRouter } from '@angular/router';
import type { EventDto, PackageChangeDto } from '../../../api/models';
import { Texts, type Language } from '../../../core/i18n/texts';
import { providePortalTexts } from '../../../core/i18n/transloco';
import { Preferences } from '../../../core/preferences/preferences';
import { ChangesApi } from '../../changes/changes-api';
import { MachinesApi } from '../machines-api';
import { MachineStore } from './machine-store';
import { TimelineTab } from './timeline-tab';

const event = (id: string, eventType: string): EventDto => ({
  id,
  eventType,
  severity: 'info',
  createdAt: '2026-11-22T08:00:00.000Z',
  actorType: 'external',
  actorName: 'root',
  message: 'Changed outside this program by root: a 1 → 2, b 1 → 2, c 1 → 2, + 1 …',
  said: {},
  jobId: 'analysis',
  snapshotId: null,
  executionId: `change-${id}`,
  facts: null,
});
const change = (name: string): Partial<PackageChangeDto> => ({
  id: name,
  name,
  operation: 'upgraded',
  fromVersion: '1',
  toVersion: '2',
  origin: null,
});

it('shows all packages of a change by others on demand, and whose analysis read it', async () => {
  const asked: string[] = [];
  const packageChanges = (id: string) => {
    asked.push(id);
    return Promise.resolve({ items: ['a', 'b', 'c', 'd'].map(change), nextCursor: null });
  };
  const items = [event('others', 'packages_changed_externally'), event('ours', 'action_succeeded')];
  TestBed.configureTestingModule({
    providers: [
      ...providePortalTexts(),
      { provide: Preferences, useValue: { get: signal<Language>('en') } },
      provideRouter([]),
      { provide: MachineStore, useValue: { id: () => 'm', readings: () => 0 } },
      { provide: MachinesApi, useValue: { events: () => Promise.resolve({ items, nextCursor: null }) } },
      { provide: ChangesApi, useValue: { packageChanges } },
    ],
  });
  await TestBed.inject(Texts).start();
  const fixture = TestBed.createComponent(TimelineTab);
  const page = fixture.nativeElement as HTMLElement;
  const settle = async () => {
    await fixture.whenStable();
    fixture.detectChanges();
  };
  await settle();
  const links = [...page.querySelectorAll('li a')].map((link) => link.textContent.trim());
  expect(links).toEqual(['Read by this analysis', 'Run']);
  const buttons = page.querySelectorAll<HTMLButtonElement>('li button.link');
  expect(buttons).toHaveLength(1);
  buttons[0]?.click();
  await settle();
  await settle();
  expect(asked).toEqual(['change-others']);
  const names = () => [...page.querySelectorAll('su-package-table .name a')].map((name) => name.textContent.trim());
  expect(names()).toEqual(['a', 'b', 'c', 'd']);
  buttons[0]?.click();
  await settle();
  expect(names()).toEqual([]);
  fixture.destroy();
});
