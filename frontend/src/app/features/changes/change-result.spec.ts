import { HttpErrorResponse } from '@angular/common/http';
import { signal } from '@angular/core';
import { TestBed, type ComponentFixture } from '@angular/core/testing';
import { provideRouter } from '@angular/router';
import { firstValueFrom, throwError } from 'rxjs';
import type { ExecutionDetailDto, JobDto, PackageChangeDto } from '../../api/models';
import { ErrorKinds } from '../../core/errors/error-kinds';
import { Texts, type Language } from '../../core/i18n/texts';
import { providePortalTexts } from '../../core/i18n/transloco';
import { Activity } from '../../core/live/activity';
import { Live } from '../../core/live/live';
import { OpenJobs } from '../../core/live/open-jobs';
import { Preferences } from '../../core/preferences/preferences';
import { Session } from '../../core/session/session';
import { ChangeResultView } from './change-result';
import { ChangesApi } from './changes-api';

const job = {
  id: 'run',
  machineId: 'm',
  finishedAt: null,
  kind: 'sample_change',
  status: 'ok',
  errorKind: null,
  said: {},
} as Partial<JobDto>;

let planned: string[][];
let logged: Partial<PackageChangeDto>[] = [];
const planAgain = (...of: string[]) => Promise.resolve({ ...job, id: `plan-${String(planned.push(of))}` });

const standing = (kind: string) => ({ kind, verdict: 'not_looked', verifiedBy: 'machine_probe', lookedAt: null });

async function shown(
  of: Partial<ExecutionDetailDto> | null,
  ended: Partial<JobDto> = job,
): Promise<ComponentFixture<ChangeResultView>> {
  const execution = { id: 'run', machineId: 'm', action: 'sample_change', result: null, important: null, ...of };
  const nothing = new HttpErrorResponse({ status: 404 });
  TestBed.configureTestingModule({
    providers: [
      ...providePortalTexts(),
      { provide: Preferences, useValue: { get: signal<Language>('en') } },
      provideRouter([]),
      { provide: Session, useValue: { can: () => true } },
      { provide: Live, useValue: { on: () => () => undefined, returns: () => 0 } },
      { provide: Activity, useValue: { receive: () => undefined } },
      { provide: OpenJobs, useValue: { take: () => ({ value: () => [] }), release: () => undefined } },
      {
        provide: ErrorKinds,
        useValue: {
          of: (kind: string) =>
            kind === 'plan_drifted' ? null : { kind, action: 'machine_probe', actionKind: 'read' },
        },
      },
      {
        provide: ChangesApi,
        useValue: {
          execution: () => (of === null ? firstValueFrom(throwError(() => nothing)) : Promise.resolve(execution)),
          packageChanges: () => Promise.resolve({ items: logged, nextCursor: null }),
          planAgain,
          job: (id: string) => Promise.resolve({ ...job, id }),
          errorStandings: (_: string, kinds: readonly string[]) => Promise.resolve(kinds.map(standing)),
        },
      },
    ],
  });
  await TestBed.inject(Texts).start();
  const fixture = TestBed.createComponent(ChangeResultView);
  fixture.componentRef.setInput('job', ended);
  await fixture.whenStable();
  fixture.detectChanges();
  return fixture;
}

describe('ChangeResultView', () => {
  it('leads to the report of a change that has no log', async () => {
    const fixture = await shown({ artifactId: null, reportId: 'report' });
    const links = [...(fixture.nativeElement as HTMLElement).querySelectorAll('a')];
    expect(links.map((link) => link.getAttribute('href'))).toEqual([
      '/api/reports/report?language=en',
      '/api/reports/report?format=markdown&language=en',
    ]);
    fixture.destroy();
  });

  const document = { ending: 'ended', outcome: 'not_back' };
  const reboot = { ...job, kind: 'reboot', status: 'error', finishedAt: '2026-11-27T06:00:00.000Z' } as const;
  it.each<[string, Partial<ExecutionDetailDto> | null, string]>([
    ['whose result names no errors', { result: { document, unreadable: null, said: {} } as never }, 'reboot_not_back'],
    ['that has no result', {}, 'reboot_not_back'],
    ['that never began', null, 'connection_lost'],
  ])('tells of the error of a change %s what mends it and whether it is gone', async (_, execution, errorKind) => {
    const fixture = await shown(execution, { ...reboot, errorKind });
    const page = fixture.nativeElement as HTMLElement;
    expect(page.querySelector('su-remedy su-look-again')).not.toBeNull();
    expect(page.querySelector('su-error-verdicts li')?.textContent).toContain(
      TestBed.inject(Texts).known(`error.${errorKind}`, errorKind),
    );
    fixture.destroy();
  });

  it('lists what the logs of the machine tell of a change that left no result', async () => {
    const bash = {
      id: 'a',
      name: 'bash',
      operation: 'upgraded',
      fromVersion: '1',
      toVersion: '2',
      origin: null,
    } as const;
    logged = [bash];
    const ended = { ...reboot, kind: 'apt_upgrade', errorKind: 'outcome_unknown' };
    const fixture = await shown({}, ended);
    await fixture.whenStable();
    fixture.detectChanges();
    const told = () => (fixture.nativeElement as HTMLElement).querySelector('su-logged-packages section');
    expect(told()?.textContent).toMatch(/logs of the machine.*bash.*Upgraded/s);
    fixture.destroy();
    logged = [];
    TestBed.resetTestingModule();
    const nothing = await shown({}, ended);
    expect((nothing.nativeElement as HTMLElement).querySelector('su-logged-packages section')).toBeNull();
    nothing.destroy();
  });

  const drifted = { ...reboot, requestId: 'request', errorKind: 'plan_drifted' } as const;
  const buttons = (page: HTMLElement): string[] =>
    [...page.querySelectorAll('su-remedy button')].map((button) => button.textContent.trim());

  it('plans a change again that did not come about as it was planned', async () => {
    planned = [];
    const fixture = await shown({}, drifted);
    const page = fixture.nativeElement as HTMLElement;
    expect(buttons(page)).toEqual(['Make a new plan']);
    page.querySelector<HTMLButtonElement>('su-remedy button')?.click();
    await fixture.whenStable();
    expect(planned).toEqual([['request', 'm']]);
    fixture.destroy();
  });

  it('offers no new plan where the remedy is the same change, or all went well', async () => {
    const same = await shown({}, { ...drifted, kind: 'machine_probe', errorKind: 'reboot_not_back' });
    expect(buttons(same.nativeElement as HTMLElement)).toHaveLength(1);
    expect((same.nativeElement as HTMLElement).querySelector('su-make-plan')).toBeNull();
    same.destroy();
    TestBed.resetTestingModule();
    const well = await shown({}, { ...drifted, status: 'ok', errorKind: null });
    expect(buttons(well.nativeElement as HTMLElement)).toEqual([]);
    well.destroy();
  });

  it.each([
    [
      'with why',
      { state: 'needed', reasons: [{ signal: 'kernel', verdict: 'needed', detail: 'Kernel 1 runs.' }] },
      /Needed.*Kernel 1 runs\./,
    ],
    ['as not known where only the mark of a package was looked for', undefined, /Not known.*proves nothing/],
  ])('tells of a reboot %s', async (_, reboot, said) => {
    const result = { ending: 'ended', errors: [], packages: [], audit: [], reboot_flag: false, reboot };
    const fixture = await shown({ result: { document: result, unreadable: null, said: {} } as never });
    const cells = [...(fixture.nativeElement as HTMLElement).querySelectorAll('.proof li')];
    const text = cells.map((cell) => cell.textContent.replace(/\s+/g, ' ')).find((cell) => cell.includes('Reboot'));
    expect(text).toMatch(said);
    fixture.destroy();
  });

  const script = {
    kind: 'maintainer_script_failed',
    severity: 'error',
    message: '',
    important_lines: [],
    remediation: '',
  };
  const versions = { from_version: '1', to_version: '1', origin: null, as_planned: false };
  const pack = (state: string) => ({
    name: 'fleet',
    arch: 'all',
    operation: 'unchanged',
    planned: true,
    state,
    ...versions,
  });
  it.each([
    ['nothing where dpkg took its steps back and has nothing to repair', [], 'installed', false],
    ['the repair where dpkg has not finished with the package', [' fleet'], 'half-configured', true],
    ['the repair where it has not finished with others', [' other'], 'installed', true],
    ['the repair where nobody knows', null, 'installed', true],
  ])('offers after a script that failed %s', async (_, audit, state, offered) => {
    const result = { ending: 'ended', errors: [{ ...script, subject: 'fleet' }], packages: [pack(state)], audit };
    const execution = { result: { document: result, unreadable: null, said: {} } as never };
    const fixture = await shown(execution, { ...reboot, kind: 'apt_upgrade', errorKind: script.kind });
    const page = fixture.nativeElement as HTMLElement;
    expect(page.querySelector('su-remedy su-look-again') !== null).toBe(offered);
    expect(page.querySelector('su-error-verdicts li')).not.toBeNull();
    fixture.destroy();
  });
});
