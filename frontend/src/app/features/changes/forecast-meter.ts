import type { ForecastVolume } from './plan-details';

/** Less of a volume than this share is very little. */
const LOW_SHARE = 0.05;

/** A volume as a bar and as numbers; parts are percent of the volume and end at 100 whatever is needed. */
export interface Meter {
  readonly used: number;
  /** Null: what the plan needs is not known. */
  readonly needed: number | null;
  /** Bytes that remain; negative where they are missing. */
  readonly left: number | null;
  readonly low: boolean;
}

/** Used, and what this plan adds. Pure. */
export function meterOf({ sizeBytes, freeBytes, needBytes }: ForecastVolume): Meter {
  const percent = (bytes: number): number =>
    sizeBytes <= 0 ? 0 : (Math.max(0, Math.min(bytes, sizeBytes)) / sizeBytes) * 100;
  const used = percent(sizeBytes - freeBytes);
  if (needBytes === null) {
    return { used, needed: null, left: null, low: freeBytes < sizeBytes * LOW_SHARE };
  }
  const left = freeBytes - needBytes;
  return { used, needed: Math.min(percent(needBytes), 100 - used), left, low: left < sizeBytes * LOW_SHARE };
}
