import { secretRegistry } from '../logging/secret-registry';
import { Contracts } from './contracts';

const schema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  type: 'object',
  additionalProperties: false,
  required: ['at', 'count'],
  properties: {
    at: { type: 'string', format: 'date-time' },
    count: { type: ['integer', 'null'] },
    text: { type: 'string' },
  },
};
const document = { at: '2026-01-01T00:00:00Z', count: 1 };

describe('Contracts', () => {
  let contracts: Contracts;
  beforeEach(() => {
    contracts = new Contracts();
    contracts.register({ name: 'sample', version: 1, schema });
  });

  it('says the version of a document that fits', () => {
    expect(contracts.validateForWrite('sample', document)).toBe(1);
  });

  it.each([
    [{ ...document, more: 1 }],
    [{ ...document, count: 'many' }],
    [{ ...document, at: 'yesterday' }],
    [{ count: 1 }],
    [null],
  ])('refuses %j without repeating it', (wrong) => {
    expect(() => contracts.validateForWrite('sample', wrong)).toThrow('does not match sample@1');
    expect(() => contracts.validateForWrite('sample', wrong)).not.toThrow(/many|yesterday/);
  });

  it('refuses a document that holds a secret in use', () => {
    const drop = secretRegistry.register('Planted-secret-77');
    try {
      const holding = { ...document, text: 'it said Planted-secret-77' };
      expect(() => contracts.validateForWrite('sample', holding)).toThrow('repeats a stored secret');
    } finally {
      drop();
    }
  });

  it('does not take a weak password, which is an ordinary word, for a leak', () => {
    const drops = ['debian', 'raspberry', 'root'].map((word) => secretRegistry.register(word));
    try {
      expect(contracts.validateForWrite('sample', { ...document, text: 'debian on raspberrypi, root' })).toBe(1);
    } finally {
      for (const drop of drops) drop();
    }
  });

  it('brings older documents to the current version, step by step', () => {
    contracts.register({
      name: 'aged',
      version: 3,
      schema,
      upcasters: { 1: (old) => ({ ...(old as object), two: true }), 2: (old) => ({ ...(old as object), three: true }) },
    });
    expect(contracts.readUpcast('aged', 1, { one: true })).toEqual({ one: true, two: true, three: true });
    expect(contracts.readUpcast('aged', 2, {})).toEqual({ three: true });
    expect(contracts.readUpcast('aged', 3, { as: 'it is' })).toEqual({ as: 'it is' });
    expect(() => contracts.readUpcast('aged', 4, {})).toThrow('newer program');
  });

  it('refuses to start with names twice, unreadable versions, broken schemas', () => {
    expect(() => contracts.register({ name: 'sample', version: 1, schema })).toThrow('twice');
    expect(() => contracts.register({ name: 'gap', version: 2, schema })).toThrow('cannot read its version 1');
    expect(() => contracts.register({ name: 'broken', version: 1, schema: { type: 'nonsense' } })).toThrow();
    expect(() => contracts.register({ name: 'Bad Name', version: 1, schema })).toThrow('no contract name');
    expect(() => contracts.validateForWrite('absent', {})).toThrow('no contract "absent"');
  });
});
