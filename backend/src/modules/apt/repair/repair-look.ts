import type { PreflightCheck } from '../../jobs/actions/change-action';
import type { CollectedRun } from '../../jobs/actions/job-action';
import { say } from '../apt.sentences';
import type { AptUpdateAnalyze } from '../contracts/apt-update-analyze.v1';
import type { UpgradePackage } from '../contracts/apt-upgrade-plan.v2';
import { answered } from '../parsers/plan-answers';
import { missingBytes } from '../upgrade/archive-facts';
import { check } from '../upgrade/check';
import { fileSystems } from '../upgrade/forecast';
import { clockCheck, indexCheck, inodesCheck, spaceCheck } from '../upgrade/preflight';

/** Where dpkg writes, whatever it does. */
const WRITTEN: readonly string[] = ['/', '/var', '/var/lib/dpkg'];

/**
 * Whether there is room for a repair; of one that fetches packages also whether clock and lists are fit for that. Pure.
 * @param analysis what the sections of the plan say of the machine
 */
export function repairLook(
  run: CollectedRun,
  packages: readonly UpgradePackage[],
  analysis: Pick<AptUpdateAnalyze, 'file_systems' | 'index'>,
): PreflightCheck[] {
  const spaces = analysis.file_systems;
  const needs = fileSystems(packages, spaces, {
    missingBytes: missingBytes(run.sections.get('plan_archives')),
    kernels: null,
  });
  const space = spaceCheck({ fileSystems: needs });
  const full = spaces?.find(({ path, available_bytes }) => WRITTEN.includes(path) && available_bytes === 0);
  return [
    // What is kept for root may be enough for dpkg's own files: nobody can tell.
    space.verdict === 'ok' && full !== undefined
      ? check('space', 'warning', say.check_space_low({ mount: full.mount }), say.check_space_action())
      : space,
    inodesCheck({ fileSystems: needs }),
    ...(packages.some(({ operation }) => operation !== 'remove') ? fetchChecks(run, analysis) : []),
  ];
}

function fetchChecks(run: CollectedRun, analysis: Pick<AptUpdateAnalyze, 'index'>): PreflightCheck[] {
  const clock = answered(run, 'plan_clock') ?? '';
  return [
    clockCheck({
      machineTime: /^\d+\s*$/.test(clock) ? Number(clock) : null,
      ownTime: run.receivedAt.getTime() / 1000,
    }),
    indexCheck({ analysis }),
  ];
}
