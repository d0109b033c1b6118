import { signal } from '@angular/core';
import { TestBed } from '@angular/core/testing';
import type { AptStateDto, MachineDetailDto } from '../../../api/models';
import { Texts, type Language } from '../../../core/i18n/texts';
import { providePortalTexts } from '../../../core/i18n/transloco';
import { Preferences } from '../../../core/preferences/preferences';
import { Facts } from './facts';

const ago = new Date(Date.now() - 60_000).toISOString();
const MISSING = 'The package list of a repository is missing.';

function machine(apt: Partial<MachineDetailDto['apt']>): MachineDetailDto {
  return {
    need: 'security',
    openMessagesCount: null,
    metrics: { rootUsedPercent: null },
    apt: {
      status: 'security_updates',
      updatesCount: 1,
      securityCount: 1,
      keptBackCount: 0,
      rebootRequired: false,
      rebootReason: null,
      said: {},
      stale: true,
      lastAnalyzeAt: ago,
      indexRefreshedAt: ago,
      ...apt,
    },
  } as MachineDetailDto;
}

const state = (code: string): AptStateDto =>
  ({
    staleReason: MISSING,
    said: { staleReason: [{ text: MISSING, code, params: {} }] },
    reboot: {},
    repositories: null,
  }) as unknown as AptStateDto;

describe('Facts', () => {
  async function pending(shown: MachineDetailDto, apt: AptStateDto): Promise<string> {
    TestBed.configureTestingModule({
      providers: [...providePortalTexts(), { provide: Preferences, useValue: { get: signal<Language>('en') } }],
    });
    await TestBed.inject(Texts).start();
    const fixture = TestBed.createComponent(Facts);
    fixture.componentRef.setInput('machine', shown);
    fixture.componentRef.setInput('apt', apt);
    await fixture.whenStable();
    const parts = (fixture.nativeElement as HTMLElement).querySelector('dd')?.children ?? [];
    return [...parts].map((part) => part.textContent.trim()).join(' ');
  }

  it('tells what is there at least, and why no more is known', async () => {
    expect(await pending(machine({}), state('apt.index_incomplete'))).toBe(`At least 1 update, 1 security ${MISSING}`);
  });

  it('tells counts of an earlier analysis with their age', async () => {
    expect(await pending(machine({}), state('apt.refresh_failed'))).toMatch(/^1 update, 1 security Last known, /);
  });

  it('never says nothing where something is left back or changed', async () => {
    const none = { updatesCount: 0, securityCount: 0, stale: false };
    const fresh = state('apt.refresh_failed');
    expect(await pending(machine(none), fresh)).toMatch(/^Security left back/);
    TestBed.resetTestingModule();
    expect(await pending(machine({ ...none, status: 'updates' }), fresh)).toMatch(/^Changes, no updates/);
    TestBed.resetTestingModule();
    expect(await pending(machine({ ...none, status: 'up_to_date' }), fresh)).toMatch(/^Nothing/);
  });
});
