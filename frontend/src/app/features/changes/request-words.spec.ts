import { hindranceOf } from './request-words';

const nothing = { ownConfirmation: false, fourEyes: false, administrators: false, why: null, said: {} };
const boss = { mine: false, answers: false, confirms: true, administrator: true };
const operator = { mine: true, answers: false, confirms: false, administrator: false };

describe('who may confirm', () => {
  it.each([
    ['whoever has the permission', {}, boss, null],
    ['nobody without it', {}, operator, 'notYours'],
    ['whoever asked, where a rule leaves it to them', { ownConfirmation: true }, operator, null],
    ['nobody else without the permission then', { ownConfirmation: true }, { ...operator, mine: false }, 'notYours'],
    ['another person, where four eyes are asked for', { fourEyes: true }, boss, null],
    ['not whoever asked then', { fourEyes: true }, { ...boss, mine: true }, 'fourEyes'],
    [
      'nor whoever answers for the schedule that asked',
      { fourEyes: true },
      { ...boss, answers: true },
      'fourEyesSchedule',
    ],
    ['administrators alone', { administrators: true }, { ...boss, administrator: false }, 'administrators'],
  ] as const)('%s', (_what, asked, who, hindrance) => {
    expect(hindranceOf({ approval: { ...nothing, ...asked }, planning: 0 }, who)).toBe(hindrance);
  });

  it('is nobody before every machine is planned', () => {
    expect(hindranceOf({ approval: nothing, planning: 1 }, boss)).toBe('planning');
  });
});
