import { signal } from '@angular/core';
import { TestBed } from '@angular/core/testing';
import type { MachineTileDto } from '../../api/models';
import { Texts, type Language } from '../../core/i18n/texts';
import { providePortalTexts } from '../../core/i18n/transloco';
import { Preferences } from '../../core/preferences/preferences';
import { MachineWords } from './machine-words';

const DAY_MS = 86_400_000;
const ago = (days: number): string => new Date(Date.now() - days * DAY_MS).toISOString();

function tile(need: MachineTileDto['need'], apt: Partial<MachineTileDto['apt']>): MachineTileDto {
  return {
    name: 'mail-01',
    need,
    lastError: null,
    lastSeenAt: ago(0),
    apt: {
      status: need === 'stale' ? 'up_to_date' : 'updates',
      updatesCount: 0,
      securityCount: 0,
      keptBackCount: 0,
      rebootRequired: false,
      rebootReason: null,
      said: {},
      stale: false,
      lastAnalyzeAt: ago(0),
      indexRefreshedAt: ago(0),
      ...apt,
    },
  } as MachineTileDto;
}

/** Numbers and their units are held together by spaces that do not break. */
const plain = (text: string): string => text.replaceAll('\u00a0', ' ');

describe('MachineWords', () => {
  const language = signal<Language>('en');
  let words: MachineWords;

  beforeEach(async () => {
    language.set('en');
    TestBed.configureTestingModule({
      providers: [...providePortalTexts(), { provide: Preferences, useValue: { get: language } }],
    });
    words = TestBed.inject(MachineWords);
    await TestBed.inject(Texts).start();
  });

  it('names what waits, what is left back and how old the package lists are', () => {
    const machine = tile('security', {
      updatesCount: 11,
      securityCount: 4,
      keptBackCount: 2,
      indexRefreshedAt: ago(3.5),
    });
    expect(plain(words.accessibleName(machine))).toBe(
      'mail-01, Security: 4 security, 7 other, No reboot needed, 2 left back, package lists 3 d old',
    );
  });

  it('says that counts are stale, with the age of what they rest on', () => {
    const machine = tile('updates', { updatesCount: 3, stale: true, indexRefreshedAt: ago(9.5) });
    expect(plain(words.accessibleName(machine))).toBe(
      'mail-01, Updates: 3 updates, No reboot needed, stale: package lists 9 d old',
    );
    expect(plain(words.accessibleName(tile('stale', { stale: true, indexRefreshedAt: ago(9.5) })))).toBe(
      'mail-01, Stale: Package lists 9 d old, Last known: clean, stale: package lists 9 d old',
    );
  });

  it('has words for what no count of updates holds, and never calls it clean', () => {
    const left = tile('security', { status: 'security_updates', keptBackCount: 1 });
    expect(words.verdict(left).lead).toBe('Security left back');
    expect(words.value(left)).toBe('');
    expect(words.verdict(tile('updates', {})).lead).toBe('Changes, no updates');
    const noteOf = (status: MachineTileDto['apt']['status']) => words.verdict(tile('unknown', { status })).note;
    expect(noteOf('security_updates')).toBe('Last known: Security left back');
    expect(noteOf('updates')).toBe('Last known: Changes, no updates');
    expect(noteOf('unknown')).toBe('Last known: 0 updates');
    expect(noteOf('up_to_date')).toBe('Last known: clean');
  });

  it('never takes the age of an analysis for that of lists of which one was never refreshed', () => {
    const machine = tile('stale', { stale: true, indexRefreshedAt: null, lastAnalyzeAt: ago(0) });
    expect(words.age(machine)).toBe('age not known');
    expect(words.value(machine)).toBe('age not known');
    expect(words.verdict(machine).lead).toBe('Package lists of unknown age');
    expect(plain(words.accessibleName(machine))).toContain('stale: package lists of unknown age');
  });

  it('says of a machine that was never analysed nothing of lists', () => {
    const machine = tile('unknown', { updatesCount: null, lastAnalyzeAt: null, indexRefreshedAt: null });
    expect(words.age(machine)).toBe('never');
    expect(plain(words.accessibleName(machine))).toBe('mail-01, Unknown: Never analysed, Nothing is known yet');
  });

  it('says it in French', async () => {
    language.set('fr');
    await TestBed.inject(Texts).start();
    expect(words.index(tile('updates', { stale: true, indexRefreshedAt: null }))).toBe(
      'périmé\u202f: listes de paquets d’âge non connu',
    );
  });
});
