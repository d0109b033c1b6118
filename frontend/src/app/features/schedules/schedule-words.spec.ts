import { signal } from '@angular/core';
import { TestBed } from '@angular/core/testing';
import type { ScheduleActionDto } from '../../api/models';
import { Texts, type Language } from '../../core/i18n/texts';
import { providePortalTexts } from '../../core/i18n/transloco';
import { Preferences } from '../../core/preferences/preferences';
import { NO_SCOPE } from './schedule-draft';
import { ScheduleWords } from './schedule-words';

const action = (name: string): ScheduleActionDto => ({
  action: name,
  parameters: {},
  title: name,
  kind: 'read',
  said: {},
});

describe('schedules in words', () => {
  let words: ScheduleWords;

  beforeEach(async () => {
    TestBed.configureTestingModule({
      providers: [...providePortalTexts(), { provide: Preferences, useValue: { get: signal<Language>('en') } }],
    });
    words = TestBed.inject(ScheduleWords);
    await TestBed.inject(Texts).start();
  });

  it('name their actions in order', () => {
    expect(words.actions({ actions: [action('one'), action('two')] })).toBe('one, then two');
  });

  it('say how many machines at a time, or that the installation alone limits it', () => {
    expect([1, 9999, 10_000].map((n) => words.atOnce(n))).toEqual([
      'one machine at a time',
      '9,999 machines at a time',
      'as many machines at a time as the installation allows',
    ]);
  });

  it('say which machines are meant, whether they are named or counted', () => {
    const { conditions } = NO_SCOPE;
    const named = { wholeFleet: false, machineIds: ['a', 'b'], tagIds: ['t'], conditions };
    const counted = { wholeFleet: false, machineCount: 2, tagIds: ['t'], conditions };
    expect(words.scope(named)).toContain('2');
    expect(words.scope(counted)).toBe(words.scope(named));
    expect(words.scope({ ...counted, machineCount: 0, tagIds: [] })).toBe(words.scope(NO_SCOPE));
  });

  it('say of actions that cannot be read that they cannot', () => {
    expect(words.actions({ actions: [] })).toBe('Cannot be read by this version');
  });
});
