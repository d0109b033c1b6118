import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { AUDIT_ACTIONS } from '../src/kernel/audit/audit-actions';
import type { ContractErrorCode } from '../src/kernel/contracts/contracts';
import { sshErrorKinds } from '../src/kernel/ssh/ssh-error';
import { AptAutoremoveAction } from '../src/modules/apt/actions/apt-autoremove.action';
import { AptDownloadAction } from '../src/modules/apt/actions/apt-download.action';
import { AptHoldAction, AptUnholdAction } from '../src/modules/apt/actions/apt-marks.action';
import { AptRepairAction } from '../src/modules/apt/actions/apt-repair.action';
import { AptUpdateAnalyzeAction } from '../src/modules/apt/actions/apt-update-analyze.action';
import { AptUpgradeAction } from '../src/modules/apt/actions/apt-upgrade.action';
import { KEPT_REASONS } from '../src/modules/apt/contracts/apt-autoremove.v3';
import { APT_ERROR_KINDS } from '../src/modules/apt/contracts/apt-error-kinds';
import { MachineProbeAction } from '../src/modules/inventory/actions/machine-probe.action';
import { CONNECT_STEP, STORE_STEP } from '../src/modules/jobs/actions/action-registry';

const without = undefined as never;
const actions = [
  new AptUpdateAnalyzeAction(without, without, without, without, without, without, without, without),
  new MachineProbeAction(without, without, without),
  new AptDownloadAction(without, without),
].map(({ declaration }) => declaration);

const changes = [
  new AptUpgradeAction(without, without, without, without),
  new AptHoldAction(without, without),
  new AptUnholdAction(without, without),
  new AptRepairAction(without, without, without, without),
  new AptAutoremoveAction(without, without, without),
].map(({ declaration }) => declaration);

const sources = path.resolve(__dirname, '../src');

/** The classes that the program itself gives failures, wherever one is written out in its source. */
const written = globSync('{modules,kernel}/**/*.ts', { cwd: sources })
  .filter((file) => !file.endsWith('.spec.ts'))
  .flatMap((file) => [
    ...readFileSync(path.join(sources, file), 'utf8').matchAll(/\bkind: '(\w+)',\s+message:|\bfailed\('(\w+)'/g),
  ])
  .map(([, literal, argument]) => literal ?? argument ?? '');

const contractErrors: Readonly<Record<ContractErrorCode, true>> = {
  contract_mismatch: true,
  contract_unknown: true,
  document_holds_secret: true,
};

/** What keeps a machine from being reached at all, and other errors of the API that can end a job. */
const refusals = [
  'credentials_unreadable',
  'machine_archived',
  'machine_purged',
  'machine_quarantined',
  'no_credentials',
  'not_found',
  'parameters_unreadable',
];

const failures = [
  ...new Set([...sshErrorKinds, ...APT_ERROR_KINDS, ...written, ...Object.keys(contractErrors), ...refusals]),
];

/** Codes that the portal has words of its own for, shorter than the server's sentences. */
const keys = [
  ...AUDIT_ACTIONS.map((action) => `audit.action.${action}`),
  ...failures.map((kind) => `error.${kind}`),
  ...actions.flatMap(({ name, steps }) => [
    `job.kind.${name}`,
    `job.doing.${name}`,
    ...[CONNECT_STEP, ...steps.map((step) => step.name), STORE_STEP].map((step) => `job.step.${step}`),
  ]),
  ...['apt_update_analyze', 'machine_probe'].map((document) => `job.reading.${document}`),
  ...changes.flatMap(({ name, plan, steps }) => [
    ...[name, `${name}_plan`].flatMap((kind) => [`job.kind.${kind}`, `job.doing.${kind}`]),
    ...[...plan.steps, ...steps].map((step) => `job.step.${step.name}`),
  ]),
  ...KEPT_REASONS.map((reason) => `kept.${reason}`),
];

describe.each(['en', 'fr'])('the portal in %s', (language) => {
  const file = path.resolve(__dirname, `../../frontend/src/i18n/${language}.json`);
  const texts = JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>;

  it('has words for every action, step, kind of failure and audited act', () => {
    expect(keys.filter((key) => !texts[key])).toEqual([]);
  });
});

it('finds the failures that are written out in the source', () => {
  expect(written).toEqual(expect.arrayContaining(['start_failed', 'plan_drifted', 'worker_lost', 'mode_refused']));
});
