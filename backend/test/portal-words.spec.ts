import { readFileSync } from 'node:fs';
import path from 'node:path';
import { sshErrorKinds } from '../src/kernel/ssh/ssh-error';
import { AptAutoremoveAction } from '../src/modules/apt/actions/apt-autoremove.action';
import { AptHoldAction, AptUnholdAction } from '../src/modules/apt/actions/apt-marks.action';
import { AptRepairAction } from '../src/modules/apt/actions/apt-repair.action';
import { AptUpdateAnalyzeAction } from '../src/modules/apt/actions/apt-update-analyze.action';
import { AptUpgradeAction } from '../src/modules/apt/actions/apt-upgrade.action';
import { KEPT_REASONS } from '../src/modules/apt/contracts/apt-autoremove.v1';
import { APT_ERROR_KINDS } from '../src/modules/apt/contracts/apt-error-kinds';
import { MachineProbeAction } from '../src/modules/inventory/actions/machine-probe.action';
import { CONNECT_STEP, STORE_STEP } from '../src/modules/jobs/actions/action-registry';
import { workerLostFailure } from '../src/modules/jobs/worker/failures';
import { AUDIT_ACTIONS } from '../src/kernel/audit/audit-actions';

const without = undefined as never;
const actions = [
  new AptUpdateAnalyzeAction(without, without, without, without, without, without, without),
  new MachineProbeAction(without, without),
].map(({ declaration }) => declaration);

const changes = [
  new AptUpgradeAction(without),
  new AptHoldAction(without, without),
  new AptUnholdAction(without, without),
  new AptRepairAction(without),
  new AptAutoremoveAction(without),
].map(({ declaration }) => declaration);

const failures = [
  ...sshErrorKinds,
  ...APT_ERROR_KINDS,
  workerLostFailure.kind,
  'credentials_unreadable',
  'database_unavailable',
  'contract_mismatch',
  'contract_newer',
  'contract_unknown',
  'document_holds_secret',
  'incomplete_result',
  'internal_error',
  'machine_archived',
  'machine_quarantined',
  'no_credentials',
  'partial_answer',
  'unknown_action',
];

/** Codes that the portal has words of its own for, shorter than the server's sentences. */
const keys = [
  ...AUDIT_ACTIONS.map((action) => `audit.action.${action}`),
  ...failures.map((kind) => `error.${kind}`),
  ...actions.flatMap(({ name, steps }) => [
    `job.kind.${name}`,
    `job.doing.${name}`,
    `job.reading.${name}`,
    ...[CONNECT_STEP, ...steps.map((step) => step.name), STORE_STEP].map((step) => `job.step.${step}`),
  ]),
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
