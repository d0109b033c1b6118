import { analyseApt } from './analysis/analyse';
import type { AptSections } from './analysis/sections';
import { statePatchOf, staleReasonOf } from './apt-verdict';
import type { AptUpdateAnalyze } from './contracts/apt-update-analyze.v1';
import { loadFixture } from './fixtures/load-fixture';

const measuredAt = new Date('2026-06-01T12:00:00Z');
const suites = ['bookworm', 'trixie'] as const;
const patchOf = (suite: string, state: string) =>
  statePatchOf(analyseApt(loadFixture(suite, state), { measuredAt }), measuredAt);

/** A kernel of an archive for security: an upgraded package that needs a new one. */
function securityKernel(suite: string): AptSections {
  const sections = [...loadFixture(suite, 'kernel')].map(([name, section]) => {
    const stdout = section.stdout
      .replaceAll('o=Fleet,a=stable-updates,n=kernel,l=Fleet', 'o=Debian,a=stable-security,n=kernel,l=Debian-Security')
      .replaceAll('Fleet:stable-updates', 'Debian-Security:stable-security');
    return [name, { ...section, stdout }] as const;
  });
  return new Map(sections);
}

describe.each(suites)('what an analysis on %s does to the state of the machine', (suite) => {
  it('is up to date only when everything answered and nothing waits', () => {
    expect(patchOf(suite, 'clean')).toMatchObject({ aptStatus: 'up_to_date', aptUpdatesCount: 0, aptStale: false });
  });

  it.each(['security', 'everything'])('sees security updates in %s', (state) => {
    const patch = patchOf(suite, state);
    expect(patch.aptStatus).toBe('security_updates');
    expect(patch.aptSecurityUpdatesCount).toBeGreaterThan(0);
  });

  it('sees a security update that is on hold, which no plan counts', () => {
    const clean = loadFixture(suite, 'clean');
    const pending = loadFixture(suite, 'security');
    const text = (stdout: string) => ({ stdout, stderr: '', exitCode: 0 });
    const held = new Map([...pending, ['holds', text('fleet-guard\n')]]);
    for (const name of ['sim_upgrade', 'sim_new', 'sim_dist']) held.set(name, clean.get(name) ?? text(''));
    const document = analyseApt(held, { measuredAt });
    expect(document.left_back).toMatchObject([{ name: 'fleet-guard', reason: 'held', security: true }]);
    expect(statePatchOf(document, measuredAt)).toMatchObject({
      aptStatus: 'security_updates',
      aptUpdatesCount: 0,
      aptSecurityUpdatesCount: 0,
      aptKeptBackCount: 1,
    });
  });

  it('counts of security updates those among the updates: a new kernel is none', () => {
    const document = analyseApt(securityKernel(suite), { measuredAt });
    expect(document.plans.dist_upgrade).toMatchObject({ upgraded: 1, installed: 1, security: 2 });
    expect(document.counts).toMatchObject({ updates: 1, security: 1 });
    expect(statePatchOf(document, measuredAt)).toMatchObject({
      aptStatus: 'security_updates',
      aptUpdatesCount: 1,
      aptSecurityUpdatesCount: 1,
    });
  });

  it('is not up to date while a plan would downgrade', () => {
    expect(patchOf(suite, 'downgrade')).toMatchObject({
      aptStatus: 'updates',
      aptUpdatesCount: 0,
      aptDistUpgradeCount: 1,
    });
  });

  it('does not take a package for security because of its name', () => {
    expect(patchOf(suite, 'named-security')).toMatchObject({ aptStatus: 'updates', aptSecurityUpdatesCount: 0 });
  });

  it.each(['held', 'pinned', 'phased', 'not-installable'])(
    'counts what is left back in %s, not as updates',
    (state) => {
      expect(patchOf(suite, state)).toMatchObject({ aptUpdatesCount: 0, aptKeptBackCount: 1 });
    },
  );

  it.each(['lists-none', 'no-sources'])('does not call %s zero updates', (state) => {
    const patch = patchOf(suite, state);
    expect(patch).not.toHaveProperty('aptUpdatesCount');
    expect(patch).not.toHaveProperty('aptLastAnalyzeAt');
    expect(patch.aptStatus).not.toBe('up_to_date');
  });

  it.each(['repo-404', 'repo-401', 'repo-500', 'repo-hang', 'repo-refused', 'repo-dns', 'lists-stuck', 'timed-out'])(
    'says that the counts of %s are stale, and never that all is well',
    (state) => {
      const patch = patchOf(suite, state);
      expect(patch.aptStale).toBe(true);
      expect(patch.aptStaleReason).toMatch(/\.$/);
      expect(patch.aptStatus).not.toBe('up_to_date');
    },
  );

  it.each(['repo-404', 'repo-401', 'repo-dns', 'lists-stuck', 'timed-out'])(
    'tells no count after %s, whose lists nobody has confirmed: those of the last good analysis stay',
    (state) => {
      const patch = patchOf(suite, state);
      for (const key of [
        'aptUpdatesCount',
        'aptSecurityUpdatesCount',
        'aptKeptBackCount',
        'aptLastAnalyzeAt',
        'aptIndexRefreshedAt',
      ]) {
        expect(patch).not.toHaveProperty(key);
      }
      expect(patch).toMatchObject({ aptStale: true });
      expect(['error', 'unknown']).toContain(patch.aptStatus);
    },
  );

  it('tells of a security update although the list of another repository is missing, and no 0', () => {
    const incomplete = (
      state: string,
      other: (document: AptUpdateAnalyze) => Partial<AptUpdateAnalyze> = () => ({}),
    ) => {
      const document = analyseApt(loadFixture(suite, state), { measuredAt });
      const index = { ...document.index, basis: 'incomplete' as const, last_success_at: null };
      return statePatchOf({ ...document, status: 'warning', index, ...other(document) }, measuredAt);
    };
    const security = incomplete('security');
    expect(security).toMatchObject({ aptStatus: 'security_updates', aptStale: true });
    expect(security.aptSecurityUpdatesCount).toBeGreaterThan(0);
    expect(security).not.toHaveProperty('aptLastAnalyzeAt');
    const held = incomplete('held', ({ counts, left_back }) => ({
      counts: { ...counts, updates: 1 },
      left_back: left_back?.map((one) => ({ ...one, security: true })) ?? null,
    }));
    // A count of before would be of other updates than these.
    expect(held).toMatchObject({ aptStatus: 'security_updates', aptUpdatesCount: 1, aptSecurityUpdatesCount: null });
    for (const state of ['clean', 'plain']) {
      const patch = incomplete(state);
      expect(patch).toMatchObject({ aptStatus: 'unknown', aptStale: true });
      expect(patch).not.toHaveProperty('aptUpdatesCount');
    }
  });

  it('tells no count by lists that nobody has ever seen confirmed, and does not call that a failure', () => {
    const { index, ...rest } = analyseApt(loadFixture(suite, 'lock-lists'), { measuredAt });
    expect(statePatchOf({ ...rest, index }, measuredAt)).toHaveProperty('aptUpdatesCount');
    const patch = statePatchOf({ ...rest, index: { ...index, last_success_at: null } }, measuredAt);
    expect(patch).not.toHaveProperty('aptUpdatesCount');
    expect(patch).toMatchObject({ aptStatus: 'unknown', aptStale: true });
  });

  it('has no plans and no zero when every section is missing', () => {
    const document = analyseApt(new Map(), { measuredAt });
    expect(statePatchOf(document, measuredAt)).not.toHaveProperty('aptUpdatesCount');
    expect(statePatchOf(document, measuredAt)).not.toHaveProperty('aptRebootRequired');
    expect(staleReasonOf(document)).not.toBeNull();
    expect(document.status).toBe('error');
  });
});
