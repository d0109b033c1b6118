import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Ajv2020 from 'ajv/dist/2020';
import { goldenExample } from '../../../../test/support/golden-examples';
import { schemaOf } from '../../../kernel/contracts/contract';
import { analyseProbe } from '../analysis/analyse-probe';
import { PROBE_SECTIONS } from '../analysis/probe-sections';
import { loadFixture } from '../fixtures/load-fixture';
import { importantProbe, IMPORTANT_WARNINGS_LIMIT } from './machine-probe-important.v1';
import type { MachineProbe } from './machine-probe.v1';
import { MACHINE_PROBE, MACHINE_PROBE_IMPORTANT } from './machine-probe.v1.schema';

const ajv = new Ajv2020({ strict: true, allErrors: true, allowUnionTypes: true });
const validate = ajv.compile(schemaOf(MACHINE_PROBE, 1));
const validateImportant = ajv.compile(schemaOf(MACHINE_PROBE_IMPORTANT, 1));

describe('machine_probe version 1', () => {
  it('accepts the golden example, whose document ever was stored', () => {
    expect({ valid: validate(goldenExample('machine_probe', 1)), errors: validate.errors }).toEqual({
      valid: true,
      errors: null,
    });
  });

  it('accepts the golden example of the reduced document', () => {
    const valid = validateImportant(goldenExample('machine_probe.important', 1));
    expect({ valid, errors: validateImportant.errors }).toEqual({ valid: true, errors: null });
  });

  it('reduces the golden example to the golden reduced one', () => {
    expect(importantProbe(goldenExample('machine_probe', 1) as MachineProbe)).toEqual(
      goldenExample('machine_probe.important', 1),
    );
  });

  it.each([
    ['a field left out', { os_family: undefined }],
    ['a field nobody knows', { surprise: 1 }],
    ['another version', { schema_version: 2 }],
    ['an unknown kind', { machine_kind: 'toaster' }],
  ])('refuses %s', (_, change) => {
    const document: unknown = JSON.parse(
      JSON.stringify({ ...(goldenExample('machine_probe', 1) as object), ...change }),
    );
    expect(validate(document)).toBe(false);
  });

  it('refuses 0 bytes of memory: that is never a measurement', () => {
    const document = goldenExample('machine_probe', 1) as MachineProbe;
    expect(validate({ ...document, hardware: { ...document.hardware, memory_bytes: 0 } })).toBe(false);
  });

  it('bounds the reduced document', () => {
    const { sections, timing } = loadFixture('bookworm/plain');
    const probe = analyseProbe(sections, timing);
    const warning = {
      code: 'memory_low',
      area: 'memory',
      severity: 'warning',
      message: 'x',
      subject: null,
      params: {},
    } as const;
    probe.metrics.warnings = Array.from({ length: 100 }, () => ({ ...warning }));
    const important = importantProbe(probe);
    expect(important.warnings).toHaveLength(IMPORTANT_WARNINGS_LIMIT);
    expect(important.warnings_total).toBe(100);
    expect(validateImportant(important)).toBe(true);
  });
});

describe('machine-probe.sh', () => {
  it('writes exactly the sections that the analysis expects', () => {
    const script = readFileSync(join(__dirname, '../scripts/machine-probe.sh'), 'utf8');
    expect([...script.matchAll(/^section (\w+) /gm)].map((match) => match[1])).toEqual([...PROBE_SECTIONS]);
  });
});
