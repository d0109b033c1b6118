const MIB = 1024 * 1024;

/** Where a measured value becomes a warning. */
export const THRESHOLDS = {
  /** percent used, of bytes and of inodes */
  nearlyFullPercent: 90,
  /** percent used from which apt and services begin to fail */
  fullPercent: 98,
  /** a kernel with its initial RAM disk and the copy made while it is rebuilt */
  bootFreeBytes: 128 * MIB,
  memoryUsedPercent: 90,
  memoryCriticalPercent: 97,
  /** signatures and certificates are judged by the clock: apt refuses what is "not yet valid" */
  clockSkewSeconds: 60,
  clockErrorSeconds: 86_400,
  /** the clock is read in whole seconds */
  clockGraceSeconds: 1,
} as const;
