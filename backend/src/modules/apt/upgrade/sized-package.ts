import type { CollectedRun } from '../../jobs/actions/job-action';
import { diskBytes, RecordIndex } from '../analysis/changes';
import type { UpgradePackage } from '../contracts/apt-upgrade-plan.v2';
import { readable } from '../parsers/parse-error';
import { answered } from '../parsers/plan-answers';
import { parseInstalledRecords, parseRecords } from '../parsers/records';
import { barePackage, type PackageLine } from './plan-lines';

/** What is known of the packages that would come and of those that stand there, by the sections `plan_records` and `plan_installed`. */
export function plannedRecords(run: CollectedRun, nativeArch: string | null): RecordIndex {
  const records = readable(() => parseRecords(answered(run, 'plan_records') ?? ''));
  const installed = readable(() => parseInstalledRecords(answered(run, 'plan_installed') ?? ''));
  return new RecordIndex(records, installed, nativeArch);
}

/** A package with what it takes; null where that is not known. */
export function sizedPackage(line: PackageLine, records: RecordIndex): UpgradePackage {
  const { operation, name, arch, from, to } = line;
  const after = to === null || arch === null ? null : records.ofTarget(name, to, arch);
  const before = from === null ? null : records.ofInstalled(arch === null ? name : `${name}:${arch}`);
  return {
    ...barePackage(line),
    source: before?.source ?? null,
    download_bytes: operation === 'remove' ? 0 : (after?.downloadBytes ?? null),
    disk_bytes: diskBytes(operation, after, before),
  };
}
