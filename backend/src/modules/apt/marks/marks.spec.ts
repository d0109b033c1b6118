import { Contracts } from '../../../kernel/contracts/contracts';
import type { FinishedChange, PlanOutcome } from '../../jobs/actions/change-action';
import type { CollectedRun, CollectedSection } from '../../jobs/actions/job-action';
import {
  APT_MARKS_CONTRACTS,
  importantMarks,
  type AptMarksPlan,
  type AptMarksResult,
  type MarkOperation,
} from '../contracts/apt-marks.v1';
import { marksPlan, type MarksParameters } from './marks-plan';
import { marksResult, marksVerdict } from './marks-result';

const now = new Date('2026-02-01T10:00:00Z');
const contracts = new Contracts();
contracts.register(...APT_MARKS_CONTRACTS);

function section(stdout: string, more: Partial<CollectedSection> = {}): CollectedSection {
  return { stdout, stderr: '', exitCode: 0, truncated: false, ...more };
}

const answers = {
  marks_held: 'kept\nlibc6:i386\n',
  marks_packages: 'nginx\tnginx\t1.22-9\ti\nkept\tkept\t1.0\ti\n',
  marks_lines: 'machine m\naction apt_hold\nmarked kept\nmarked libc6:i386\nhold nginx 1.22-9\nhold kept 1.0\n',
  plan_locks: '',
};

function planned(
  parameters: MarksParameters,
  operation: MarkOperation = 'hold',
  told: Partial<Record<keyof typeof answers, string | CollectedSection>> = {},
): PlanOutcome {
  const all = { ...answers, ...told };
  const sections = new Map(
    Object.entries(all).map(([name, text]) => [name, typeof text === 'string' ? section(text) : text]),
  );
  const run: CollectedRun = {
    sections,
    exitCode: 0,
    startedAt: now,
    receivedAt: now,
    truncated: false,
    brokenBy: null,
  };
  const outcome = marksPlan(run, operation, parameters);
  if (outcome.kind === 'planned') contracts.document(`apt_${operation}_plan`, outcome.plan.details);
  return outcome;
}

describe('a plan of marks', () => {
  const both = { packages: ['nginx', 'kept'] };

  it('that cannot be made for a full disk says so, and not that the answer cannot be read', () => {
    const stderr = 'sh: 9: cannot create /tmp/tmp.x/status: No space left on device\n';
    expect(planned(both, 'hold', { marks_lines: section('', { exitCode: 2, stderr }) })).toMatchObject({
      kind: 'failed',
      failure: { kind: 'no_space' },
    });
  });

  it('names what is held, at which version, beside the marks that are there', () => {
    const outcome = planned({ ...both, note: ' Waits ', expires_at: '2026-03-01' });
    expect(outcome).toMatchObject({
      kind: 'planned',
      plan: {
        summary: 'To hold: nginx, kept.',
        risk: 'low',
        consequences: [{ code: 'no_updates' }],
        checks: [{ code: 'locks', verdict: 'ok' }],
        details: {
          packages: [
            { line: 'hold nginx 1.22-9', name: 'nginx', version: '1.22-9', held: false },
            { name: 'kept', held: true },
          ],
          marks: ['kept', 'libc6:i386'],
          note: 'Waits',
          expires_at: '2026-03-01T00:00:00.000Z',
        },
      },
    });
    expect(outcome.kind === 'planned' && outcome.plan.consequences[0]?.sentence).not.toContain('kept');
  });

  it('is none where nothing would change, unless it brings a note or a day', () => {
    const lines = answers.marks_lines.replace('hold nginx 1.22-9\n', '');
    const only = (more: object): PlanOutcome =>
      planned({ packages: ['kept'], ...more }, 'hold', { marks_lines: lines });
    expect(only({})).toMatchObject({ kind: 'nothing', summary: 'These packages are on hold already.' });
    expect(only({ note: '  ' })).toMatchObject({ kind: 'nothing' });
    expect(only({ note: 'Known' })).toMatchObject({ kind: 'planned', plan: { consequences: [] } });
    expect(only({ expires_at: '2026-02-02' })).toMatchObject({ kind: 'planned' });
  });

  it('lifts what is held only, whether it is installed or not', () => {
    const lines = 'machine m\naction apt_unhold\nmarked kept\nunhold kept -\n';
    const outcome = planned(both, 'unhold', { marks_lines: lines, marks_packages: 'kept\tkept\t-\tn\n' });
    expect(outcome).toMatchObject({
      plan: { consequences: [], details: { packages: [{ name: 'kept', version: null, held: true }] } },
    });
    expect(planned(both, 'unhold', { marks_lines: 'machine m\naction apt_unhold\n' })).toMatchObject({
      kind: 'nothing',
    });
  });

  it.each([
    ['is not installed', 'nginx\tnginx\t1.22-9\tn\n', 'package_not_installed'],
    ['is not known', '', 'package_not_installed'],
    ['is there for two architectures', 'nginx\tnginx\t1\ti\nnginx\tnginx:i386\t1\ti\n', 'package_ambiguous'],
  ])('is refused for a package that %s', (_name, marks_packages, kind) => {
    expect(planned({ packages: ['nginx'] }, 'hold', { marks_packages })).toMatchObject({
      kind: 'failed',
      failure: { kind, message: expect.stringContaining('nginx') as string },
    });
  });

  it.each(['2026-02-01T10:00:00Z', '2026-02-30', '2020-01-01'])('is refused with the day %s', (expires_at) => {
    const failure = { kind: 'expiry_invalid' };
    expect(planned({ packages: ['nginx'], expires_at })).toMatchObject({ kind: 'failed', failure });
  });

  it('names a package once that was asked for twice, with its architecture and without', () => {
    const marks_packages = 'nginx\tnginx\t1\ti\nnginx:amd64\tnginx\t1\ti\n';
    const marks_lines = 'machine m\naction apt_hold\nhold nginx 1\nhold nginx 1\n';
    const twice = { packages: ['nginx', 'nginx:amd64'] };
    expect(planned(twice, 'hold', { marks_packages, marks_lines })).toMatchObject({
      plan: { lines: ['machine m', 'action apt_hold', 'hold nginx 1'], details: { packages: [{ name: 'nginx' }] } },
    });
  });

  it.each(['marks_held', 'marks_packages', 'marks_lines'] as const)('is never made of a damaged %s', (name) => {
    const stderr = 'E: Could not open /var/lib/dpkg/status';
    expect(planned(both, 'hold', { [name]: section('', { exitCode: 1, stderr }) })).toMatchObject({
      kind: 'failed',
      failure: { kind: 'answer_unreadable', message: expect.stringContaining('/var/lib/dpkg/status') as string },
    });
    expect(planned(both, 'hold', { [name]: section(answers[name], { truncated: true }) })).toMatchObject({
      kind: 'failed',
    });
  });
});

describe('a run on marks', () => {
  const plan: AptMarksPlan = {
    operation: 'hold',
    packages: [{ line: 'hold nginx 1.22-9', name: 'nginx', version: '1.22-9', held: false }],
    marks: ['kept'],
    note: null,
    expires_at: null,
  };

  function result(before: string | null, after: string | null, more: Partial<FinishedChange> = {}): AptMarksResult {
    const facts = Object.entries({ before, after }).flatMap(([name, text]) =>
      text === null ? [] : [[name, section(text)] as const],
    );
    const found = marksResult(
      {
        ending: 'ended',
        exitCode: 0,
        startedAt: now,
        finishedAt: now,
        rebooted: false,
        sections: new Map(facts),
        log: '',
        drift: null,
        ...more,
      },
      plan,
    );
    contracts.document('apt_hold_result', found);
    contracts.document('apt_hold_result.important', importantMarks(found));
    return found;
  }

  it('is as planned by the marks on the machine, not by its exit code', () => {
    const done = result('kept\n', 'kept\nnginx\n');
    expect(done).toMatchObject({
      marks: [{ name: 'nginx', held_before: false, held: true, as_planned: true }],
      unplanned: [],
    });
    expect(marksVerdict(done)).toEqual({ status: 'ok', summary: 'As planned: 1 of 1.' });
    expect(marksVerdict(result('kept\n', 'kept\n'))).toMatchObject({
      status: 'error',
      error: { kind: 'marks_differ' },
    });
    expect(marksVerdict(result('kept\n', null))).toMatchObject({ error: { kind: 'answer_incomplete' } });
  });

  it('tells of marks that somebody else changed', () => {
    const done = result('kept\n', 'nginx\n');
    expect(done.unplanned).toEqual(['kept']);
    expect(marksVerdict(done)).toMatchObject({ status: 'warning' });
  });

  it('that drifted, was stopped or cut off says so', () => {
    const drift = { missing: ['marked kept'], added: [] };
    const changed = result('kept\n', null, { ending: 'drifted', exitCode: null, drift });
    expect(marksVerdict(changed)).toMatchObject({ error: { kind: 'plan_drifted' } });
    const stopped = result('kept\n', null, { ending: 'stopped', exitCode: null });
    expect(marksVerdict(stopped)).toMatchObject({ status: 'warning' });
    expect(stopped.errors).toEqual([]);
    const cut = result('kept\n', 'kept\nnginx\n', { ending: 'interrupted', exitCode: null });
    expect(marksVerdict(cut)).toMatchObject({ error: { kind: 'interrupted' } });
  });

  it('whose window closed while it waited for a lock names its holder', () => {
    const said = 'dpkg: error: dpkg frontend lock was locked by another process with pid 129\n';
    const stopped = (facts: Readonly<Record<string, string>>): AptMarksResult => {
      const sections = new Map(Object.entries(facts).map(([name, text]) => [name, section(text)]));
      return result(null, null, { ending: 'stopped', exitCode: null, sections });
    };
    const waited = stopped({ lock_waited: said, window_closed: '' });
    expect(waited.errors).toMatchObject([
      { kind: 'apt_lock_busy', subject: 'process 129', important_lines: [said.trim()] },
    ]);
    expect(marksVerdict(waited)).toMatchObject({ status: 'warning' });
    expect(stopped({ lock_waited: said }).errors).toEqual([]);
  });

  it('that met a lock names its holder', () => {
    const log = 'dpkg: error: dpkg frontend lock was locked by another process with pid 129\n';
    const met = result('kept\n', 'kept\n', { exitCode: 100, log });
    expect(met.errors).toMatchObject([{ kind: 'apt_lock_busy', subject: 'process 129' }]);
    expect(marksVerdict(met)).toMatchObject({ error: { kind: 'apt_lock_busy' } });
  });
});
