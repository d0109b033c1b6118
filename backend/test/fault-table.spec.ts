import { readFileSync } from 'node:fs';
import path from 'node:path';

const folder = path.join(__dirname, 'e2e');
const read = (name: string): string => readFileSync(path.join(folder, name), 'utf8');
const rows = read('README.md')
  .split('\n')
  .filter((line) => /^\| [^-]/.test(line))
  .slice(1)
  .map((line) => line.split('|').map((cell) => cell.trim()))
  .map(([, fault = '', file = '', words = '']) => [fault, file.replaceAll('`', ''), words] as const);

describe('the table of faults', () => {
  it('is there', () => {
    expect(rows.length).toBeGreaterThan(30);
  });

  it.each(rows)('says the truth of "%s": %s shows it on all kinds of machine', (_fault, file, words) => {
    const text = read(`${file}.e2e-spec.ts`);
    expect(text).toContain(words);
    expect(text).toMatch(/EnrolledMachines\.open\(|describe\.each\(detachedTargets\)/);
    // With fewer kinds than all.
    expect(text).not.toMatch(/\bkinds: SUITES\b/);
  });
});
