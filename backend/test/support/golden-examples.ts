import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';

const folder = path.resolve(__dirname, '..', '..', '..', 'docs', 'contracts', 'examples');

export interface GoldenName {
  readonly contract: string;
  readonly version: number;
}

/** Which examples are kept: one per version of a contract that was ever stored. */
export function goldenNames(): GoldenName[] {
  return readdirSync(folder).map((file) => {
    const [, contract = '', version = ''] = /^(.+)\.v(\d+)\.json$/.exec(file) ?? [];
    if (contract === '') throw new Error(`${file} is not named <contract>.v<version>.json`);
    return { contract, version: Number(version) };
  });
}

/** A document as it was once stored; taken from a real machine and never changed. */
export function goldenExample(contract: string, version: number): unknown {
  return JSON.parse(readFileSync(path.join(folder, `${contract}.v${String(version)}.json`), 'utf8'));
}
