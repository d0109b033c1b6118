import { signal } from '@angular/core';
import { TestBed } from '@angular/core/testing';
import type { OccurrenceTargetDto, ScheduleActionDto } from '../../api/models';
import { Formats } from '../../core/i18n/formats';
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

const inHours = (hours: number) => new Date(Date.now() + hours * 3_600_000).toISOString();
const held = {
  status: 'queued',
  stage: null,
  position: 0,
  left: ['apt_upgrade', 'reboot'],
  windowName: 'Nights',
  resumeAt: inHours(1),
  awaitsWindow: true,
  blockingJobId: null,
  windowOverride: null,
  windowOverrideBy: null,
} as unknown as OccurrenceTargetDto;

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

  it('tell a moment by both clocks, and the day once where it is the same', () => {
    const formats = TestBed.inject(Formats);
    const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
    const [noon, one] = ['2026-11-27T12:00:00.000Z', '2026-11-27T13:00:00.000Z'];
    expect(words.at(noon, here)).toBe(formats.short(noon));
    // An hour from the browser's clocks, in the direction that stays on its day.
    const before = new Date(noon).getHours() === 23 ? 1 : -1;
    const hours = -new Date(noon).getTimezoneOffset() / 60 - before;
    const zone = `Etc/GMT${hours > 0 ? '-' : '+'}${String(Math.abs(Math.trunc(hours)))}`;
    expect(words.at(noon, zone)).toBe(`${formats.short(noon, zone)} ${zone} (${formats.clockTime(noon)} here)`);
    expect(words.at(noon, 'Pacific/Kiritimati')).toBe(
      `28 Nov 2026, 02:00 Pacific/Kiritimati (${formats.short(noon)} here)`,
    );
    expect(words.span(noon, one, 'Pacific/Kiritimati')).toMatch(/^28 Nov 2026, 02:00–03:00 Pacific\/Kiritimati \(/);
  });

  it('say what a machine waits for: its window until that opens, then a change there, then its place', () => {
    expect(words.waits(held, 'UTC')).toMatch(/^Waits for the window Nights, which opens /);
    // The clock of the browser has no say in it.
    expect(words.waits({ ...held, resumeAt: inHours(-1) }, 'UTC')).toMatch(/^Waits for the window Nights/);
    const place = words.waits({ ...held, resumeAt: null, awaitsWindow: false }, 'UTC');
    expect(words.waits({ ...held, awaitsWindow: false }, 'UTC')).toBe(place);
    expect(place).not.toContain('Nights');
    const blocked = { ...held, awaitsWindow: false, blockingJobId: 'another' };
    expect(words.waits(blocked, 'UTC')).toBe('waits for the change that is at work there');
  });

  it('say of a machine that has done a part what of it waits', () => {
    expect(words.waits({ ...held, position: 1, left: ['reboot'] }, 'UTC')).toMatch(
      /^What comes before is done; the rest waits for the window Nights, which opens .*: Reboot$/,
    );
  });

  it('offer to begin what waits for its window alone', () => {
    expect(words.held(held)).toBe(true);
    expect(words.held({ ...held, awaitsWindow: false })).toBe(false);
  });

  it('say who lets a machine begin outside its window, and why', () => {
    expect(words.outside(held)).toBeNull();
    expect(words.outside({ ...held, windowOverride: 'the shop is down', windowOverrideBy: 'Anna' })).toBe(
      'Anna lets it begin outside its window: the shop is down',
    );
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
