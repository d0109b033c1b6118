import { secretRegistry } from '../logging/secret-registry';
import type { Contract } from './contract';
import { ContractError, Contracts } from './contracts';
import { document, list, object, text, time } from './schemas';

const body = document(1, { at: time, count: { type: ['integer', 'null'] } }, { text: { type: 'string' } });
const sample: Contract = {
  name: 'sample',
  title: 'Sample',
  description: 'Of a test.',
  columns: ['samples.payload_json'],
  versions: { 1: { body } },
};
const good = { at: '2026-01-01T00:00:00Z', count: 1 };

describe('storing', () => {
  let contracts: Contracts;
  beforeEach(() => {
    contracts = new Contracts();
    contracts.register(sample);
  });

  it('takes a document that fits, with the number of its version', () => {
    const accepted = contracts.document('sample', good);
    expect(accepted).toMatchObject({ contract: 'sample', version: 1, columns: ['samples.payload_json'] });
    expect(JSON.parse(accepted.toPostgres())).toEqual({ schema_version: 1, ...good });
    expect(contracts.document('sample', { schema_version: 1, ...good }).toPostgres()).toBe(accepted.toPostgres());
  });

  it.each<[string, object, string]>([
    ['another property', { ...good, more: 1 }, 'at /: it must NOT have additional properties'],
    ['another type', { ...good, count: 'many' }, 'at /count: it must be integer,null'],
    ['another format', { ...good, at: 'yesterday' }, 'at /at: it must match format "date-time"'],
    ['a missing property', { count: 1 }, "at /: it must have required property 'at'"],
    ['another version', { ...good, schema_version: 2 }, 'at /schema_version: it must be equal to constant'],
  ])('refuses %s with name, place and a sentence, never with the value', (_what, wrong, fault) => {
    const refused = expect(() => contracts.document('sample', wrong));
    refused.toThrow(new ContractError('contract_mismatch', `The document sample@1 does not match ${fault}.`));
    expect(() => contracts.document('sample', wrong)).not.toThrow(/many|yesterday/);
  });

  it('names the place of a fault deep inside', () => {
    contracts.register({
      ...sample,
      name: 'deep',
      versions: { 1: { body: document(1, { steps: list(object({ name: text })) }) } },
    });
    expect(() => contracts.document('deep', { steps: [{ name: 'a' }, { name: 7 }] })).toThrow(
      'The document deep@1 does not match at /steps/1/name: it must be string.',
    );
  });

  it('refuses what has no contract', () => {
    expect(() => contracts.document('absent', {})).toThrow('There is no contract "absent"');
  });

  it('refuses a document that holds a secret in use', () => {
    const drop = secretRegistry.register('Planted-secret-77');
    try {
      const holding = { ...good, text: 'it said Planted-secret-77' };
      expect(() => contracts.document('sample', holding)).toThrow('repeats a stored secret');
    } finally {
      drop();
    }
  });

  it('does not take a weak password, which is an ordinary word, for a leak', () => {
    const drops = ['debian', 'raspberry', 'root'].map((word) => secretRegistry.register(word));
    try {
      expect(contracts.document('sample', { ...good, text: 'debian on raspberrypi, root' }).version).toBe(1);
    } finally {
      for (const drop of drops) drop();
    }
  });
});

/** Three versions: a name was split, then put into a list. */
const aged: Contract = {
  ...sample,
  name: 'aged',
  versions: {
    1: {
      body: document(1, { name: text }),
      upcast: ({ name }) => {
        const [first, last] = (name as string).split(' ');
        return { first, last };
      },
    },
    2: { body: document(2, { first: text, last: text }), upcast: ({ first, last }) => ({ names: [first, last] }) },
    3: { body: document(3, { names: list(text) }) },
  },
  unversioned: (stored) => ({ name: stored }),
};

describe('reading', () => {
  const contracts = new Contracts();
  contracts.register(aged, sample);
  const newest = { schema_version: 3, names: ['Ada', 'Byron'] };

  it.each([
    ['unversioned', 0, 'Ada Byron'],
    ['version 1', 1, { schema_version: 1, name: 'Ada Byron' }],
    ['version 2', 2, { schema_version: 2, first: 'Ada', last: 'Byron' }],
    ['version 3', 3, newest],
  ])('brings %s to the newest, step by step', (_name, version, stored) => {
    const kept = structuredClone(stored);
    expect(contracts.read('aged', stored)).toEqual({ readable: true, version, document: newest });
    expect(stored).toEqual(kept);
  });

  it('goes by the column beside a document, where there is one', () => {
    expect(contracts.read('aged', { schema_version: 1, name: 'Ada Byron' }, 1)).toMatchObject({ document: newest });
    expect(contracts.read('aged', newest, 4)).toMatchObject({ readable: false, reason: 'newer', version: 4 });
  });

  it.each<[string, string, unknown, object]>([
    ['a newer version', 'aged', { schema_version: 4, n: 1 }, { version: 4, reason: 'newer' }],
    ['a version that never was', 'aged', { schema_version: 0 }, { version: 0, reason: 'unknown' }],
    ['no version at all', 'sample', good, { version: null, reason: 'unknown' }],
    ['a version that is none', 'sample', { ...good, schema_version: 'one' }, { version: null, reason: 'unknown' }],
    ['another contract', 'removed', { schema_version: 1 }, { version: 1, reason: 'unknown' }],
    ['nonsense in a known version', 'aged', { schema_version: 1, name: 7 }, { version: 1, reason: 'damaged' }],
    ['what its schema refuses', 'aged', { schema_version: 3, names: [''] }, { version: 3, reason: 'damaged' }],
    ['no object', 'sample', 'text', { version: null, reason: 'unknown' }],
    ['null', 'sample', null, { version: null, reason: 'unknown' }],
  ])('gives %s back as it is, marked', (_what, name, stored, told) => {
    expect(contracts.read(name, stored)).toEqual({ readable: false, document: stored, ...told });
  });
});

it.each<[string, Contract]>([
  ['the same name', sample],
  ['snake_case', { ...sample, name: 'Bad Name' }],
  ['no column', { ...sample, name: 'nowhere', columns: [] }],
  ['samples.payload is no column', { ...sample, name: 'other', columns: ['samples.payload'] }],
  ['no version', { ...sample, name: 'empty', versions: {} }],
  ['its version 1 is missing', { ...sample, name: 'gap', versions: { 2: { body: document(2, {}) } } }],
  [
    'nothing reads its version 1',
    { ...sample, name: 'dead', versions: { 1: { body: document(1, {}) }, 2: { body: document(2, {}) } } },
  ],
  ['requires its schema_version', { ...sample, name: 'bare', versions: { 1: { body: { type: 'object' } } } }],
  ['requires its schema_version', { ...sample, name: 'wrong', versions: { 1: { body: document(2, {}) } } }],
  ['must be', { ...sample, name: 'broken', versions: { 1: { body: document(1, { a: { type: 'nonsense' } }) } } }],
])('refuses to start: %s', (problem, contract) => {
  const contracts = new Contracts();
  contracts.register(sample);
  expect(() => contracts.register(contract)).toThrow(problem);
});
