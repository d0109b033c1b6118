import { fileSystemFailure } from '../../jobs/actions/file-system-failure';
import type { CollectedRun, RunFailure } from '../../jobs/actions/job-action';
import { complaintOf, importantLines } from '../analysis/errors';
import { say } from '../apt.sentences';
import { remediationOf } from '../contracts/apt-error-kinds';
import type { PlanName } from '../contracts/apt-update-analyze.v1';
import { notInstalledPackages } from '../parsers/update-failures';
import type { PackageLine } from './plan-lines';
import { upgradeErrors } from './upgrade-errors';

/** Why there is no transaction to plan; null: there is one. */
export function failureOf(run: CollectedRun): RunFailure | null {
  const simulation = run.sections.get('plan_simulation');
  const lines = run.sections.get('plan_lines');
  if (simulation === undefined || lines === undefined) return unreadable();
  if (simulation.exitCode === 0) return lines.exitCode === 0 ? null : unreadable(lines.stderr);
  const said = importantLines(`${simulation.stderr}\n${simulation.stdout}`);
  const unknown = notInstalled(simulation.stderr);
  if (unknown !== null) return unknown;
  const [worst] = upgradeErrors(`${simulation.stderr}\n${simulation.stdout}`, simulation.exitCode);
  const kind = worst === undefined || worst.kind === 'unknown' ? 'simulation_failed' : worst.kind;
  return { kind, message: say.simulation_failed({ why: complaintOf(said) }), action: remediationOf(kind) };
}

function notInstalled(stderr: string): RunFailure | null {
  const packages = notInstalledPackages(stderr);
  if (packages.length === 0) return null;
  return {
    kind: 'package_not_installed',
    message: say.package_not_installed({ packages: packages.join(', ') }),
    action: remediationOf('package_not_installed'),
  };
}

/** @param said what was printed where there is no answer: a disk that is full or read-only explains it */
export function unreadable(said = ''): RunFailure {
  const failure = fileSystemFailure(said);
  if (failure !== null) return failure;
  return { kind: 'answer_unreadable', message: say.plan_unreadable(), action: remediationOf('answer_unreadable') };
}

export function proxmoxMode(): RunFailure {
  return { kind: 'mode_refused', message: say.proxmox_mode(), action: say.proxmox_mode_action() };
}

/** Packages that are named make apt install and remove what they need; a mode that does not do so must not begin to. */
export function modeExceeded(packages: readonly PackageLine[], mode: PlanName): RunFailure | null {
  const named = (operation: PackageLine['operation']): string =>
    packages
      .filter((entry) => entry.operation === operation)
      .map(({ name }) => name)
      .join(', ');
  const installed = mode === 'upgrade' ? named('install') : '';
  const removed = mode === 'dist_upgrade' ? '' : named('remove');
  if (installed === '' && removed === '') return null;
  const message =
    removed === '' ? say.mode_would_install({ packages: installed }) : say.mode_would_remove({ packages: removed });
  return { kind: 'mode_refused', message, action: say.mode_exceeded_action() };
}
