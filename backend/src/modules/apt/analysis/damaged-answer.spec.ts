import Ajv2020 from 'ajv/dist/2020';
import { schemaOf } from '../../../kernel/contracts/contract';
import { APT_UPDATE_ANALYZE } from '../contracts/apt-update-analyze.v1.schema';
import { loadFixture } from '../fixtures/load-fixture';
import { analyseApt } from './analyse';
import type { AptSection } from './sections';

const measuredAt = new Date('2026-11-23T12:00:00Z');
const validDocument = new Ajv2020({ strict: true, allErrors: true }).compile(schemaOf(APT_UPDATE_ANALYZE, 1));

describe('a damaged answer', () => {
  const good = loadFixture('trixie', 'everything');
  const names = [...good.keys()];
  // Sections whose absence takes nothing away that is shown as a number.
  const optional = new Set(['note_successes']);

  it.each(names.filter((name) => !optional.has(name)))('without "%s" is an error, never a clean result', (name) => {
    const sections = new Map(good);
    sections.delete(name);
    const document = analyseApt(sections, { measuredAt });
    expect(document.status).toBe('error');
    expect(document.complete).toBe(false);
    expect(document.errors.map(({ subject }) => subject)).toContain(name);
    expect(validDocument(document) ? [] : validDocument.errors).toEqual([]);
  });

  it.each(names)('with "%s" full of noise does not throw', (name) => {
    const noise: AptSection = { stdout: '\u0000\ufffd\n\t\t\nInst\nx=\n', stderr: '\ufffd', exitCode: 0 };
    const document = analyseApt(new Map([...good, [name, noise]]), { measuredAt });
    expect(validDocument(document) ? [] : validDocument.errors).toEqual([]);
  });

  it('that is empty measured nothing', () => {
    const document = analyseApt(new Map(), { measuredAt });
    expect(document).toMatchObject({
      status: 'error',
      complete: false,
      repositories: null,
      index: { basis: 'unknown' },
      reboot: { state: 'cannot_tell' },
    });
    expect(Object.values(document.counts).every((value) => value === null)).toBe(true);
    expect(validDocument(document) ? [] : validDocument.errors).toEqual([]);
  });

  it.each([
    ['cut off', { exitCode: null }],
    ['truncated', { truncated: true }],
  ])('with a plan %s has no such plan', (_case, change) => {
    const plan = good.get('sim_dist') ?? { stdout: '', stderr: '', exitCode: 0 };
    const document = analyseApt(new Map([...good, ['sim_dist', { ...plan, ...change }]]), { measuredAt });
    expect(document.plans.dist_upgrade).toBeNull();
    expect(document.counts).toMatchObject({ updates: null, left_back: null });
  });
});
