import type { DocumentDto, JobDto } from '../../api/models';
import { differencesFirst, failuresOf, proofs, readChangeResult, type ChangeResult } from './change-result-document';

const pack = (name: string, over: object = {}): object => ({
  name,
  arch: 'amd64',
  operation: 'upgraded',
  from_version: '1',
  to_version: '2',
  origin: null,
  planned: true,
  as_planned: true,
  state: 'installed',
  ...over,
});
const clean = {
  schema_version: 3,
  ending: 'ended',
  exit_code: 0,
  rebooted: false,
  packages: [pack('openssl')],
  counts: null,
  errors: [],
  conffiles: [],
  failed_units: { before: ['old.service'], after: ['old.service'] },
  ports: { gone: [], opened: [] },
  audit: [],
  reboot_flag: false,
  reboot: { state: 'not_needed', reasons: [] },
  drift: null,
};
const failure = {
  kind: 'no_space',
  severity: 'error',
  message: 'full',
  important_lines: ['E: full'],
  remediation: 'Free.',
  subject: null,
};
const read = (over: object = {}): ChangeResult => {
  const result = readChangeResult(document({ ...clean, ...over }));
  if (result === null) throw new Error('not read');
  return result;
};
const document = (body: Record<string, unknown> | null, over: Partial<DocumentDto> = {}): DocumentDto => ({
  contract: 'apt_upgrade_result',
  schemaVersion: 1,
  document: body,
  notice: null,
  said: {},
  unreadable: null,
  ...over,
});

describe('readChangeResult', () => {
  it('judges each package by the plan', () => {
    const packages = [
      pack('openssl'),
      pack('postfix', { to_version: '1', as_planned: false }),
      pack('curl', { planned: false, as_planned: false }),
    ];
    expect(read({ packages }).packages?.map(({ name, verdict }) => [name, verdict])).toEqual([
      ['openssl', 'as_planned'],
      ['postfix', 'differs'],
      ['curl', 'unplanned'],
    ]);
  });

  it('says of a package that dpkg has not finished with that it is not whole, whatever its version', () => {
    const packages = [
      pack('openssl'),
      pack('postfix', { as_planned: false, state: 'half-configured' }),
      pack('curl', { operation: 'removed', to_version: null, state: null }),
    ];
    expect(read({ packages }).packages?.map(({ verdict }) => verdict)).toEqual(['as_planned', 'unwhole', 'as_planned']);
  });

  it('leaves what it does not know to be shown as it stands', () => {
    expect(readChangeResult(null)).toBeNull();
    expect(readChangeResult(document(null))).toBeNull();
    expect(readChangeResult(document({ schema_version: 1, units: [] }))).toBeNull();
    expect(readChangeResult(document(clean, { unreadable: 'newer' }))).toBeNull();
  });

  it('reads of another action what its document holds, and proves no more than that', () => {
    const { errors, drift } = clean;
    const marks = [
      { name: 'nginx', held_before: false, held: true, as_planned: true },
      { name: 'curl', held_before: false, held: false, as_planned: false },
    ];
    const body = { ending: 'ended', marks, unplanned: ['vim'], marks_after: ['nginx'], errors, drift };
    const held = readChangeResult(document(body, { contract: 'apt_hold_result' }));
    expect(held?.packages).toMatchObject([
      { name: 'nginx', arch: '', before: null, now: 'hold', verdict: 'as_planned' },
      { name: 'curl', arch: '', before: null, now: null, verdict: 'differs' },
      { name: 'vim', arch: '', before: null, now: null, verdict: 'unplanned' },
    ]);
    expect(held?.proven).toEqual(['packages']);
    expect(readChangeResult(document({ ...body, marks_after: null }))?.packages).toBeNull();
  });

  it('counts what a repair only configured, and shows what is still wrong', () => {
    const unfinished = [{ name: 'a', version: '1', finished: false }];
    const result = read({ packages: [], unfinished, whole: false, complaints: [' a  half configured'] });
    expect(result.packages).toMatchObject([{ name: 'a', arch: '', before: '1', now: '1', verdict: 'differs' }]);
    expect(result.audit).toEqual([' a  half configured']);
    expect(proofs(result)).toMatchObject({ whole: 'bad', packages: 'bad', conffiles: 'good' });
    expect(proofs(read({ whole: true, complaints: [] })).whole).toBe('good');
  });
});

describe('marks of packages that were installed automatically', () => {
  it('are shown where there were some to keep, and are looked at where some are lost', () => {
    expect(read({ auto_marks: null }).proven).not.toContain('autoMarks');
    const kept = read({ auto_marks: { kept: ['a'], lost: [] } });
    expect({ proven: kept.proven, proof: proofs(kept).autoMarks }).toMatchObject({
      proven: expect.arrayContaining(['autoMarks']) as string[],
      proof: 'good',
    });
    expect(proofs(read({ auto_marks: { kept: [], lost: ['a'] } })).autoMarks).toBe('look');
  });

  it('are shown as not known where nobody could tell', () => {
    const unknown = read({ auto_marks: null, not_measured: [{ fact: 'auto_marks', reason: 'cut_off' }] });
    expect(unknown.proven).toContain('autoMarks');
    expect(proofs(unknown).autoMarks).toBe('unknown');
  });
});

describe('failuresOf', () => {
  const job = (kind: string | null, message: string | null): JobDto =>
    ({ status: 'error', errorKind: kind, errorMessage: message, errorAction: 'Do.', said: {} }) as unknown as JobDto;
  const kinds = (of: JobDto, result: ChangeResult | null): unknown[] => failuresOf(of, result).map(({ kind }) => kind);

  it('says what the job says only where the result does not, which has its evidence', () => {
    const result = read({ errors: [failure, { ...failure, kind: 'deb_404', message: 'gone' }] });
    expect(kinds(job('no_space', 'full'), result)).toEqual(['no_space', 'deb_404']);
    expect(failuresOf(job('no_space', 'full'), result)[0]).toMatchObject({ evidence: ['E: full'], remedy: 'Free.' });
    expect(kinds(job('cut_off', 'full'), result)).toEqual(['no_space', 'deb_404']);
    expect(kinds(job('plan_drifted', 'differs'), result)).toEqual(['plan_drifted', 'no_space', 'deb_404']);
  });

  it('says it too where there is no result, and nothing of a run that went well', () => {
    expect(failuresOf(job('outcome_unknown', 'given up'), null)).toMatchObject([
      { kind: 'outcome_unknown', severity: 'error', message: 'given up', evidence: [], remedy: 'Do.' },
    ]);
    expect(failuresOf(job(null, null), read())).toEqual([]);
  });

  it('takes the sentences with it', () => {
    const sentence = [{ text: 'full', code: 'apt.full', params: {} }];
    const result = readChangeResult(
      document({ ...clean, errors: [failure] }, { said: { 'errors.0.message': sentence, notice: sentence } }),
    );
    expect(result?.failures[0]?.said).toEqual({ message: sentence });
  });
});

describe('proofs', () => {
  it('are good when everything is as planned; what failed before is no fault of the run', () => {
    expect(Object.values(proofs(read()))).toEqual(Array(5).fill('good'));
  });

  it('name each deviation', () => {
    const result = read({
      packages: [pack('openssl'), pack('postfix', { as_planned: false })],
      conffiles: ['/etc/postfix/main.cf.dpkg-dist'],
      failed_units: { before: [], after: ['postfix.service'] },
      ports: { gone: ['tcp 0.0.0.0:25'], opened: [] },
      reboot: { state: 'needed', reasons: [] },
    });
    expect(proofs(result)).toEqual({ packages: 'bad', conffiles: 'look', units: 'bad', ports: 'bad', reboot: 'look' });
    expect(proofs(read({ ports: { gone: [], opened: ['tcp 0.0.0.0:80'] } })).ports).toBe('look');
  });

  it('are not good where the version is right and dpkg finds the package half configured', () => {
    expect(proofs(read({ audit: ['The following packages are only half configured:'] })).packages).toBe('bad');
  });

  it('are never good for what was not measured', () => {
    const nothing = {
      packages: null,
      conffiles: null,
      failed_units: null,
      ports: null,
      reboot_flag: null,
      reboot: undefined,
    };
    expect(Object.values(proofs(read(nothing)))).toEqual(Array(5).fill('unknown'));
  });
});

describe('a reboot', () => {
  const KERNEL = { signal: 'kernel', verdict: 'needed', detail: 'Kernel 1 is running, 2 is installed.' };
  const MARK = { signal: 'flag_file', verdict: 'not_needed', detail: 'No package left a mark.' };
  const INIT = { signal: 'init_libraries', verdict: 'cannot_tell', detail: 'Process 1 could not be looked at.' };

  it.each<[string, object, ChangeResult['reboot'], string, readonly string[]]>([
    ['by its kernel', { reboot: { state: 'needed', reasons: [MARK, KERNEL] } }, 'needed', 'look', [KERNEL.detail]],
    ['by what was found', { reboot: { state: 'not_needed', reasons: [MARK] } }, 'not_needed', 'good', []],
    [
      'which could not be told',
      { reboot: { state: 'cannot_tell', reasons: [MARK, INIT] } },
      'unknown',
      'unknown',
      [INIT.detail],
    ],
    ['that a package asked for', { reboot: undefined, reboot_flag: true }, 'needed', 'look', []],
    ['that no package asked for', { reboot: undefined, reboot_flag: false }, 'unasked', 'unknown', []],
    ['that nobody looked for', { reboot: undefined, reboot_flag: null }, 'unknown', 'unknown', []],
  ])('%s', (_, over, reboot, proof, reasons) => {
    const result = read({ ...over, packages: [pack('linux-image-6.1.0-30-amd64')] });
    expect(result.reboot).toBe(reboot);
    expect(proofs(result).reboot).toBe(proof);
    expect(result.rebootReasons.map(({ text }) => text)).toEqual(reasons);
  });

  it('has the sentences of its reasons with it', () => {
    const sentence = [{ text: KERNEL.detail, code: 'apt.kernel_old', params: {} }];
    const body = { ...clean, reboot: { state: 'needed', reasons: [MARK, KERNEL] } };
    const result = readChangeResult(document(body, { said: { 'reboot.reasons.1.detail': sentence } }));
    expect(result?.rebootReasons).toEqual([{ text: KERNEL.detail, said: { text: sentence } }]);
  });
});

describe('differencesFirst', () => {
  it('puts what differs before what is as planned', () => {
    const packages = [pack('a'), pack('z', { as_planned: false }), pack('b', { planned: false })];
    expect(differencesFirst(read({ packages }).packages ?? []).map(({ name }) => name)).toEqual(['b', 'z', 'a']);
  });
});
