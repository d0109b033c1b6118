import { signal } from '@angular/core';
import { TestBed } from '@angular/core/testing';
import { provideRouter } from '@angular/router';
import type { RequestDetailDto } from '../../api/models';
import { Texts, type Language } from '../../core/i18n/texts';
import { providePortalTexts } from '../../core/i18n/transloco';
import { Activity } from '../../core/live/activity';
import { Live } from '../../core/live/live';
import { OpenJobs } from '../../core/live/open-jobs';
import { Preferences } from '../../core/preferences/preferences';
import { Session } from '../../core/session/session';
import { ChangesApi } from './changes-api';
import { ConfirmBar } from './confirm-bar';

/** A request for one machine that was carried out. */
const executed = {
  ...{ id: 'r', action: 'apt_upgrade', machineId: 'm', machineName: 'm', machines: 1, planning: 0 },
  ...{ status: 'executed', planDigest: null, jobId: 'run', executionId: 'run', decisionReason: null },
  ...{ plan: { parameters: { scope: 'all' }, consequences: [] }, several: null, unreadable: [], said: {} },
  ...{ requestedBy: { type: 'user' }, approval: {}, answerableIds: [], expiresAt: null },
};

describe('ConfirmBar', () => {
  const may = signal(true);

  beforeEach(async () => {
    may.set(true);
    TestBed.configureTestingModule({
      providers: [
        ...providePortalTexts(),
        provideRouter([]),
        { provide: Preferences, useValue: { get: signal<Language>('en') } },
        { provide: Session, useValue: { can: () => may(), me: () => undefined } },
        { provide: Live, useValue: { on: () => () => undefined, returns: () => 0 } },
        { provide: Activity, useValue: {} },
        { provide: OpenJobs, useValue: { take: () => ({ value: () => [] }), release: () => undefined } },
        { provide: ChangesApi, useValue: {} },
      ],
    });
    await TestBed.inject(Texts).start();
  });

  /** What can be pressed. */
  function offered(runStatus: RequestDetailDto['runStatus']): string[] {
    const fixture = TestBed.createComponent(ConfirmBar);
    const given = { request: { ...executed, runStatus }, accepted: new Set(), since: 0, busy: false, beginning: 'now' };
    for (const [name, value] of Object.entries(given)) fixture.componentRef.setInput(name, value);
    fixture.detectChanges();
    const found = (fixture.nativeElement as HTMLElement).querySelectorAll('.acts a, .acts button');
    return [...found].map(({ textContent }) => textContent.trim());
  }

  it.each(['error', 'cancelled'] as const)('offers a new plan where the run of one ended with %s', (status) => {
    expect(offered(status)).toEqual(['Make a new plan', 'Open the run']);
  });

  it('offers none where it went well, or whoever looks may start nothing', () => {
    expect(offered('ok')).toEqual(['Open the run']);
    may.set(false);
    expect(offered('error')).toEqual(['Open the run']);
  });
});
