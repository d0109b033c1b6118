import fs from 'node:fs';
import path from 'node:path';
import Ajv2020 from 'ajv/dist/2020';
import { goldenExample } from '../../../../test/support/golden-examples';
import { schemaOf } from '../../../kernel/contracts/contract';
import type { AptErrorKind } from '../contracts/apt-error-kinds';
import { importantApt } from '../contracts/apt-update-analyze.important';
import type { AptUpdateAnalyze, IndexBasis, LeftBackReason, RefreshOutcome } from '../contracts/apt-update-analyze.v1';
import { APT_UPDATE_ANALYZE, APT_UPDATE_ANALYZE_IMPORTANT } from '../contracts/apt-update-analyze.v1.schema';
import { FIXTURE_FOLDER, loadFixture } from '../fixtures/load-fixture';
import { analyseApt } from './analyse';

const measuredAt = new Date('2026-11-23T12:00:00Z');
const SUITES = ['bookworm', 'trixie'];
const analyse = (suite: string, state: string): AptUpdateAnalyze =>
  analyseApt(loadFixture(suite, state), { measuredAt });

const ajv = new Ajv2020({ strict: true, allErrors: true });
const validDocument = ajv.compile(schemaOf(APT_UPDATE_ANALYZE, 1));
const validImportant = ajv.compile(schemaOf(APT_UPDATE_ANALYZE_IMPORTANT, 1));

const statesOf = (suite: string): string[] =>
  fs.readdirSync(path.join(FIXTURE_FOLDER, suite)).map((file) => path.basename(file, '.txt'));

describe.each(SUITES)('every state captured on %s', (suite) => {
  it.each(statesOf(suite))('%s gives a document of the contract', (state) => {
    const document = analyse(suite, state);
    expect(validDocument(document) ? [] : validDocument.errors).toEqual([]);
    const important = importantApt(document);
    expect(validImportant(important) ? [] : validImportant.errors).toEqual([]);
    expect(document.left_back?.filter(({ reason }) => reason === 'unexplained') ?? []).toEqual([]);
    expect(document.errors.filter(({ kind }) => kind === 'answer_unreadable')).toEqual([]);
    if (document.index.basis !== 'fresh') expect(document.status).not.toBe('ok');
  });
});

const changesOf = (document: AptUpdateAnalyze): string[] =>
  (document.changes ?? []).map(({ operation, name, plans }) => `${operation} ${name} ${String(plans.length)}`).sort();
const leftOf = (document: AptUpdateAnalyze): string[] =>
  (document.left_back ?? []).map(({ name, reason, left_by }) => `${name} ${reason} ${String(left_by.length)}`).sort();

/** Operations with the number of plans that take them, and left packages with the number of plans that leave them. */
const UPDATES: readonly (readonly [string, string[], string[]])[] = [
  ['clean', [], []],
  ['plain', ['upgrade fleet-plain 3'], []],
  ['security', ['upgrade fleet-guard 3'], []],
  ['named-security', ['upgrade fleet-security-notes 3'], []],
  ['held', [], ['fleet-held held 3']],
  ['pinned', [], ['fleet-pinned pinned 3']],
  ['phased', [], ['fleet-phased phased 3']],
  ['not-installable', [], ['fleet-stuck not_installable 3']],
  ['new-dependency', ['install fleet-lib2 2', 'upgrade fleet-newdep 2'], ['fleet-newdep needs_new_packages 1']],
  ['removal', ['remove fleet-old 1', 'upgrade fleet-swap 1'], ['fleet-swap needs_removals 2']],
  ['downgrade', ['downgrade fleet-newer 3'], []],
  ['hostile-label', ['upgrade fleet-plain 3'], []],
  ['hostile-lines', ['upgrade fleet-plain 3'], []],
  ['odd-version', ['upgrade fleet-odd 3', 'upgrade fleet-odder 3'], []],
  [
    'kernel',
    ['install linux-image-6.1.0-2-fleet 2', 'upgrade linux-image-fleet 2'],
    ['linux-image-fleet needs_new_packages 1'],
  ],
];

describe.each(SUITES)('updates on %s', (suite) => {
  it.each(UPDATES)('%s', (state, changes, left) => {
    const document = analyse(suite, state);
    expect(changesOf(document)).toEqual(changes);
    expect(leftOf(document)).toEqual(left);
    expect(document).toMatchObject({
      status: 'ok',
      complete: true,
      errors: [],
      index: { basis: 'fresh', age_seconds: 0 },
    });
  });

  it('reads labels that look like the output of apt for what they are, and takes none for a security archive', () => {
    const label = `Fleet, Debian-Security:1/x (beta) [all]), "a" 'b' $(touch /run/owned) \`id\`; é`;
    const [change] = analyse(suite, 'hostile-label').changes ?? [];
    expect(change).toMatchObject({ security: false, from_version: '1.0', to_version: '1.1', arch: 'all' });
    expect(change?.origins).toEqual([expect.objectContaining({ label, archive: 'stable-updates', security: false })]);
    expect(analyse(suite, 'hostile-lines').changes?.[0]).toMatchObject({
      security: false,
      origins: [{ label: 'Fleet Inst fleet-old [1.0] (9.9 Fleet:stable [all]) Remv fleet-lib1 [1.0]' }],
    });
  });

  it('shows versions that the policy forbids as they are', () => {
    expect(analyse(suite, 'odd-version').changes).toEqual([
      expect.objectContaining({ name: 'fleet-odd', from_version: '1.0_beta[1]-é', to_version: '1.1' }),
      expect.objectContaining({ name: 'fleet-odder', from_version: '1.0', to_version: '1.1_rc[2]-é' }),
    ]);
  });

  it('tells all reasons apart at once, and what each waits for', () => {
    const document = analyse(suite, 'everything');
    const one: Partial<Record<LeftBackReason, number>> = {
      held: 1,
      phased: 1,
      pinned: 1,
      not_installable: 1,
      needs_removals: 1,
    };
    expect(document.counts.left_back_by_reason).toEqual({ ...one, needs_new_packages: 2, unexplained: 0 });
    const left = new Map(document.left_back?.map((entry) => [entry.name, entry]));
    expect(left.get('fleet-newdep')).toMatchObject({ needs: ['fleet-lib2'], left_by: ['upgrade'] });
    expect(left.get('linux-image-fleet')?.needs).toEqual(['linux-image-6.1.0-2-fleet']);
    expect(left.get('fleet-swap')).toMatchObject({ needs: ['fleet-old'], left_by: ['upgrade', 'upgrade_with_new'] });
    expect(left.get('fleet-phased')?.phased_percent).toBe(0);
    expect(left.get('fleet-pinned')).toMatchObject({ available_priority: 500, installed_priority: 990, arch: 'all' });
    expect(left.get('fleet-stuck')?.evidence.join()).toContain('fleet-missing (>= 9)');
    expect(document.plans).toMatchObject({
      upgrade: { upgraded: 3, installed: 0, removed: 0, downgraded: 1, security: 1, left_back: 6 + 1 },
      upgrade_with_new: { upgraded: 5, installed: 2, removed: 0, left_back: 5 },
      dist_upgrade: { upgraded: 6, installed: 2, removed: 1, left_back: 4 },
    });
    expect(document.counts).toMatchObject({
      updates: 6,
      security: 1,
      left_back: 7,
      autoremovable: 1,
      held: 1,
      broken: 0,
    });
  });

  it('knows security by the archive, not by a name in package, suite or codename', () => {
    const security = (state: string): unknown => analyse(suite, state).changes?.map((change) => change.security);
    expect(security('security')).toEqual([true]);
    expect(security('named-security')).toEqual([false]);
    expect(analyse(suite, 'security').changes?.[0]?.origins).toEqual([
      expect.objectContaining({
        label: 'Debian-Security',
        origin: 'Debian',
        codename: `${suite}-security`,
        component: 'main',
        security: true,
      }),
    ]);
  });

  it('lists what autoremove would take', () => {
    expect(analyse(suite, 'autoremovable').autoremovable).toEqual([
      { name: 'fleet-orphan', arch: 'all', version: '1.0' },
    ]);
  });
});

const REBOOTS: readonly (readonly [string, AptUpdateAnalyze['reboot']['state'], object])[] = [
  ['clean', 'not_needed', { running_kernel: '6.1.0-1-fleet', expected_kernel: '6.1.0-1-fleet', packages: [] }],
  ['reboot-required', 'needed', { packages: ['fleet-reboot'] }],
  ['kernel-not-booted', 'needed', { running_kernel: '6.1.0-1-fleet', expected_kernel: '6.1.0-2-fleet', packages: [] }],
  ['kernel', 'not_needed', { expected_kernel: '6.1.0-1-fleet' }],
];

describe.each(SUITES)('reboot on %s', (suite) => {
  it.each(REBOOTS)('%s: %s', (state, expected, more) => {
    expect(analyse(suite, state).reboot).toMatchObject({ state: expected, ...more });
  });
});

/** Result and kind of the one repository that fails beside `base`, the outcome of the refresh, the basis of the plans. */
const REPOSITORIES: readonly (readonly [string, AptErrorKind, RefreshOutcome, IndexBasis, 'warning' | 'error'])[] = [
  ['repo-401', 'repo_401', 'partial', 'incomplete', 'warning'],
  ['repo-403', 'repo_403', 'partial', 'incomplete', 'warning'],
  ['repo-archived', 'repo_archived', 'partial', 'incomplete', 'warning'],
  ['repo-404', 'repo_404', 'partial', 'incomplete', 'warning'],
  ['repo-500', 'repo_5xx', 'partial', 'incomplete', 'warning'],
  ['repo-hang', 'repo_timeout', 'partial', 'incomplete', 'warning'],
  ['repo-cut', 'repo_connection_lost', 'partial', 'incomplete', 'warning'],
  ['repo-dns', 'repo_dns', 'partial', 'incomplete', 'warning'],
  ['repo-index-hash', 'repo_hash_mismatch', 'partial', 'incomplete', 'warning'],
  ['repo-expired', 'repo_release_expired', 'partial', 'incomplete', 'error'],
  ['repo-future', 'repo_release_future', 'partial', 'incomplete', 'error'],
  ['repo-unsigned', 'repo_unsigned', 'partial', 'incomplete', 'error'],
  ['repo-key-expired', 'repo_key_expired', 'partial', 'incomplete', 'error'],
  ['repo-wrong-key', 'repo_key_missing', 'partial', 'incomplete', 'error'],
  ['repo-407', 'proxy_auth', 'partial', 'incomplete', 'warning'],
  ['repo-tls', 'repo_tls', 'partial', 'incomplete', 'warning'],
  ['repo-unreachable', 'repo_unreachable', 'partial', 'incomplete', 'warning'],
  ['repo-bad-signature', 'repo_bad_signature', 'partial', 'incomplete', 'error'],
  ['repo-label', 'repo_release_info_changed', 'failed', 'stale', 'error'],
];

it('a signature by an algorithm that is no longer accepted is told where apt names it', () => {
  const kinds = (suite: string): string[] => analyse(suite, 'repo-weak-signature').errors.map(({ kind }) => kind);
  // The older apt says no more than that it is invalid.
  expect([kinds('bookworm'), kinds('trixie')]).toEqual([['repo_bad_signature'], ['repo_key_rejected']]);
});

describe.each(SUITES)('repositories on %s', (suite) => {
  it.each(REPOSITORIES)('%s is %s', (state, kind, outcome, basis, status) => {
    const document = analyse(suite, state);
    const failed = document.repositories?.filter(({ result }) => result === 'failed');
    expect(failed?.map(({ error_kind }) => error_kind)).toEqual([kind]);
    expect(document.refresh).toMatchObject({ outcome, refreshed: false });
    expect(document.index.basis).toBe(basis);
    expect(document.status).toBe(status);
    expect(document.errors).toEqual([
      expect.objectContaining({ kind, subject: `${failed?.[0]?.uri ?? ''} ${failed?.[0]?.suite ?? ''}` }),
    ]);
  });

  it('tells faults apart when they come together, and names those that apt gave up for another', () => {
    const kinds = analyse(suite, 'repo-faults').repositories?.map(({ uri, suite: name, result, error_kind }) =>
      [uri.replace(/^http:\/\/[^/]+/, '').replace('/repo', ''), name, result, error_kind ?? ''].join(' '),
    );
    expect(kinds).toEqual(
      expect.arrayContaining([
        '/auth plain failed repo_401',
        '/status/500 plain failed repo_5xx',
        ' bad-expired failed repo_release_expired',
        ' bad-wrong-key failed repo_key_missing',
        ' plain failed repo_refused',
        ' no-such-distribution not_reached repo_refused',
      ]),
    );
  });

  it('reports a dead proxy as such, and keeps the old plans with their age', () => {
    for (const state of ['lists-stuck', 'proxy-custom-dead']) {
      const document = analyse(suite, state);
      expect(new Set(document.errors.map(({ kind }) => kind))).toEqual(
        new Set(state === 'lists-stuck' ? ['proxy_unreachable'] : ['proxy_unreachable', 'no_index']),
      );
      expect(JSON.stringify(document)).not.toContain('hunter2');
    }
    const { index, counts, refresh } = analyse(suite, 'lists-stuck');
    expect({ basis: index.basis, age: index.age_basis, refreshed: refresh.refreshed, updates: counts.updates }).toEqual(
      {
        basis: 'stale',
        age: 'list_file',
        refreshed: false,
        updates: 1,
      },
    );
    expect(Math.round((index.age_seconds ?? 0) / 86_400)).toBe(45);
  });

  it('takes the age from the last refresh seen to succeed', () => {
    const document = analyse(suite, 'repo-was-good');
    expect(document.index).toMatchObject({ age_basis: 'refresh', basis: 'incomplete' });
    expect(document.repositories?.find(({ suite: name }) => name === 'base')?.last_success_at).toMatch(
      /^2026-11-23T1[12]:/,
    );
  });

  it('goes around a dead proxy of the system when the mode is none', () => {
    expect(analyse(suite, 'proxy-none')).toMatchObject({
      refresh: { outcome: 'refreshed', proxy_mode: 'none' },
      status: 'ok',
    });
  });

  it('says that a source is configured twice', () => {
    const { messages, status } = analyse(suite, 'repo-duplicate');
    expect(messages.map(({ code }) => code)).toEqual(['source_configured_twice']);
    expect(status).toBe('ok');
  });
});

describe.each(SUITES)('an analysis that could not measure on %s', (suite) => {
  it.each<[string, RefreshOutcome, IndexBasis, AptErrorKind[]]>([
    ['lists-none', 'skipped', 'none', ['no_index']],
    ['no-sources', 'failed', 'none', ['no_repositories']],
    ['sources-invalid', 'failed', 'unknown', ['sources_invalid']],
    ['proxy-invalid', 'failed', 'none', ['proxy_invalid', 'no_index']],
  ])('%s has no counts', (state, outcome, basis, kinds) => {
    const document = analyse(suite, state);
    expect(document.errors.map(({ kind }) => kind)).toEqual(kinds);
    expect(document).toMatchObject({ status: 'error', changes: null, left_back: null });
    expect(document.plans).toEqual({ upgrade: null, upgrade_with_new: null, dist_upgrade: null });
    expect(document.counts).toMatchObject({ updates: null, security: null, left_back: null });
    expect([document.refresh.outcome, document.index.basis]).toEqual([outcome, basis]);
  });

  it('keeps old plans, marked stale, while another process holds the lists', () => {
    const document = analyse(suite, 'lock-lists');
    expect(document).toMatchObject({ status: 'warning', counts: { updates: 1 }, index: { basis: 'stale' } });
    expect(document.refresh).toMatchObject({ outcome: 'lock_busy', refreshed: false });
    expect(document.refresh.lock_holder).toMatchObject({ name: 'hold-lock' });
    expect(document.refresh.attempts).toBeGreaterThan(1);
    expect(document.errors.map(({ kind }) => kind)).toEqual(['apt_lock_busy']);
  });

  it('says which repositories a refresh did not reach in its time', () => {
    const document = analyse(suite, 'timed-out');
    expect(document.refresh.outcome).toBe('timed_out');
    expect(document.errors.map(({ kind }) => kind)).toEqual(['refresh_timed_out']);
    expect(document.errors[0]?.important_lines.join()).toContain('/hang plain');
  });

  it('is not fresh when no refresh was asked for', () => {
    expect(analyse(suite, 'not-refreshed')).toMatchObject({
      status: 'warning',
      refresh: { outcome: 'skipped' },
      index: { basis: 'stale' },
      counts: { updates: 1 },
    });
  });

  it.each<[string, AptErrorKind]>([
    ['interrupted', 'dpkg_interrupted'],
    ['half-configured', 'dpkg_interrupted'],
    ['unmet-dependency', 'unmet_dependencies'],
  ])('%s is named', (state, kind) => {
    const document = analyse(suite, state);
    expect(document.status).toBe('error');
    expect(document.errors.map((error) => error.kind)).toEqual([kind]);
  });

  it('has no plans, not empty ones, with unmet dependencies', () => {
    expect(analyse(suite, 'unmet-dependency')).toMatchObject({
      complete: false,
      changes: null,
      counts: { updates: null, left_back: null },
    });
  });
});

describe('the example kept for version 1', () => {
  it('is what the captured machine gives, whole and reduced', () => {
    const document = analyse('trixie', 'everything');
    expect(document).toEqual(goldenExample('apt_update_analyze', 1));
    expect(importantApt(document)).toEqual(goldenExample('apt_update_analyze.important', 1));
  });
});

describe('a real Debian archive', () => {
  it.each(SUITES)('is read on %s with origins, sources and sizes', (suite) => {
    const document = analyse(suite, 'debian-archive');
    const lzma = document.changes?.find(({ name }) => name === 'liblzma5');
    expect(lzma).toMatchObject({ source: 'xz-utils', security: true, operation: 'upgrade' });
    expect(lzma?.download_bytes).toBeGreaterThan(100_000);
    expect(document.plans.dist_upgrade?.disk_bytes).not.toBeNull();
    expect(document.repositories?.filter(({ security }) => security === true).map(({ suite: name }) => name)).toEqual([
      `${suite}-security`,
    ]);
    expect(document).toMatchObject({ status: 'ok', complete: true });
  });
});
