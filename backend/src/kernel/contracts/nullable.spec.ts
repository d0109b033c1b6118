import { Ajv2020 } from 'ajv/dist/2020';
import { withoutNullBranches } from './nullable';

const orNull = (schema: object) => ({ anyOf: [schema, { type: 'null' }] });
const values = [null, true, 0, 7, 1.5, 'a', 'b', '2026', [], ['a'], [null], {}, { a: 'x' }, { a: null }, { b: 1 }];

describe('a schema without branches for null', () => {
  const cases: [string, object][] = [
    ['a type', orNull({ type: 'string' })],
    ['null first', { anyOf: [{ type: 'null' }, { type: 'integer', minimum: 1 }] }],
    ['a choice', orNull({ enum: ['a', 'b'] })],
    ['a choice of a type', orNull({ type: 'string', enum: ['a'] })],
    ['a pattern', orNull({ type: 'string', pattern: '^\\d+$' })],
    ['a list', orNull({ type: 'array', items: orNull({ type: 'string' }), minItems: 1 })],
    [
      'an object',
      orNull({
        type: 'object',
        additionalProperties: false,
        required: ['a'],
        properties: { a: orNull({ type: 'string' }) },
      }),
    ],
    ['a constant', orNull({ const: 'a' })],
    ['a negation', orNull({ not: { type: 'string' } })],
    ['several types', { anyOf: [{ type: 'string' }, { type: 'integer' }, { type: 'null' }] }],
    ['more than the branches', { ...orNull({ type: 'string' }), minLength: 2 }],
    ['branches in branches', orNull({ anyOf: [{ type: 'string' }, { type: 'integer' }] })],
  ];

  it.each(cases)('accepts the same values: %s', (_name, schema) => {
    const [before, after] = [schema, withoutNullBranches(schema)].map((each) =>
      new Ajv2020({ strict: false, allowUnionTypes: true }).compile(each),
    );
    const accepted = values.filter((value) => before?.(value));
    expect(values.filter((value) => after?.(value))).toEqual(accepted);
    expect(accepted.length).toBeGreaterThan(0);
    expect(accepted.length).toBeLessThan(values.length);
  });

  it('leaves no branch where one type or choice is left', () => {
    const schema = { type: 'object', properties: { a: orNull({ type: 'string' }), b: orNull({ enum: [1] }) } };
    expect(JSON.stringify(withoutNullBranches(schema))).not.toContain('anyOf');
  });
});
