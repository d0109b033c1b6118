import { signal } from '@angular/core';
import { TestBed } from '@angular/core/testing';
import { Texts, type Language } from '../../core/i18n/texts';
import { providePortalTexts } from '../../core/i18n/transloco';
import { Preferences } from '../../core/preferences/preferences';
import { Session } from '../../core/session/session';
import { GroupBar } from './group-bar';

const OUTSIDE = 'Begin now all the same';

describe('GroupBar', () => {
  const may = signal(true);

  beforeEach(async () => {
    may.set(true);
    TestBed.configureTestingModule({
      providers: [
        ...providePortalTexts(),
        { provide: Preferences, useValue: { get: signal<Language>('en') } },
        { provide: Session, useValue: { can: (permission: string) => permission === 'windows.override' && may() } },
      ],
    });
    await TestBed.inject(Texts).start();
  });

  /** Its buttons by what they say, in order, each with whether it can be pressed. */
  function shown(more: object = {}) {
    const fixture = TestBed.createComponent(GroupBar);
    const given = { chosen: 3, confirmable: 2, missing: 0, mayRefuse: true, beginning: 'later', ...more };
    for (const [name, value] of Object.entries(given)) fixture.componentRef.setInput(name, value);
    const told: string[] = [];
    fixture.componentInstance.overridden.subscribe(() => told.push('overridden'));
    fixture.componentInstance.confirmed.subscribe(() => told.push('confirmed'));
    fixture.detectChanges();
    const found = [...(fixture.nativeElement as HTMLElement).querySelectorAll('button')];
    const buttons = new Map(found.map((button) => [button.textContent.trim(), button]));
    return { told, buttons, states: [...buttons].map(([text, { disabled }]) => [text, !disabled]) };
  }

  it('offers to begin outside the windows where what is confirmed would wait for them', () => {
    const { told, buttons, states } = shown();
    expect(states).toEqual([
      ['Refuse 3 requests', true],
      [OUTSIDE, true],
      ['Confirm 2 changes, run in the windows', true],
    ]);
    buttons.get(OUTSIDE)?.click();
    expect(told).toEqual(['overridden']);
  });

  it('does not where all begin at once, nothing can be confirmed, or a window is not theirs to set aside', () => {
    expect(shown({ beginning: 'now' }).buttons.has(OUTSIDE)).toBe(false);
    expect(shown({ beginning: 'now' }).buttons.has('Confirm 2 changes')).toBe(true);
    expect(shown({ confirmable: 0 }).buttons.has(OUTSIDE)).toBe(false);
    may.set(false);
    expect(shown().buttons.has(OUTSIDE)).toBe(false);
  });

  it('asks for what follows to be accepted first, either way', () => {
    expect(shown({ missing: 1 }).states).toEqual([
      ['Refuse 3 requests', true],
      [OUTSIDE, false],
      ['Confirm 2 changes, run in the windows', false],
    ]);
  });

  it('leaves no other way where no window is long enough for any of them', () => {
    expect(shown({ beginning: 'never' }).states).toEqual([
      ['Refuse 3 requests', true],
      [OUTSIDE, true],
      ['Confirm 2 changes', false],
    ]);
  });
});
