import { Ajv2020 } from 'ajv/dist/2020';
import { schemaProblem } from './schema-problem';

const schema = {
  type: 'object',
  additionalProperties: false,
  required: ['scope'],
  properties: {
    scope: { enum: ['all', 'security'] },
    packages: {
      type: 'array',
      items: { type: 'string', minLength: 2, maxLength: 4 },
      minItems: 1,
      maxItems: 2,
      uniqueItems: true,
    },
    days: { type: 'integer', minimum: 2, maximum: 8, multipleOf: 2 },
    name: { type: ['string', 'null'], pattern: '^a' },
  },
};
const ajv = new Ajv2020({ allErrors: true, strict: true, allowUnionTypes: true });

it.each<[object, string]>([
  [{}, 'the field scope is missing'],
  [{ scope: 'everything' }, 'it has to be one of all, security'],
  [{ scope: 'all', colour: 'red' }, 'there is no such field'],
  [{ scope: 'all', packages: [] }, 'it has to hold 1 entries or more'],
  [{ scope: 'all', packages: ['aa', 'bb', 'cc'] }, 'it holds more than 2 entries'],
  [{ scope: 'all', packages: ['aa', 'aa'] }, 'it holds the same entry twice'],
  [{ scope: 'all', packages: ['a'] }, 'it has to be 2 characters long or more'],
  [{ scope: 'all', packages: ['aaaaa'] }, 'it has to be 4 characters long or less'],
  [{ scope: 'all', days: '2' }, 'it has to be of the type integer'],
  [{ scope: 'all', days: 0 }, 'it has to be 2 or more'],
  [{ scope: 'all', days: 10 }, 'it has to be 8 or less'],
  [{ scope: 'all', days: 3 }, 'it has to be a multiple of 2'],
  [{ scope: 'all', name: 1 }, 'it has to be of the type string / null'],
  // Without words of ours: those of Ajv.
  [{ scope: 'all', name: 'b' }, 'must match pattern "^a"'],
])('%j: %s', (value, words) => {
  const validate = ajv.compile(schema);
  expect(validate(value)).toBe(false);
  expect(validate.errors?.map((error) => schemaProblem(error))).toEqual([words]);
});
