import { fieldsOf, shownFields, withParameter } from './action-fields';

const names = { type: 'array', default: [], items: { type: 'string' } };
const upgrade = {
  type: 'object',
  properties: {
    mode: { type: 'string', enum: ['upgrade', 'dist_upgrade'], default: 'upgrade' },
    scope: { type: 'string', enum: ['all', 'security', 'packages'], default: 'all' },
    packages: names,
  },
};

it('asks for what an action can be told, in the way of each', () => {
  const schema = {
    required: ['packages'],
    properties: {
      packages: names,
      wait_seconds: { type: 'integer', minimum: 30, maximum: 3600, default: 600 },
      only_if_needed: { type: 'boolean', default: false },
      expires_at: { type: 'string' },
      note: { type: 'string' },
      strange: { type: 'object' },
    },
  };
  expect(fieldsOf(schema).map(({ name, kind }) => [name, kind])).toEqual([
    ['packages', 'names'],
    ['wait_seconds', 'number'],
    ['only_if_needed', 'flag'],
    ['expires_at', 'day'],
    ['note', 'text'],
  ]);
  expect(fieldsOf(schema)[0]).toMatchObject({ required: true });
  expect(fieldsOf(schema)[1]).toMatchObject({ min: 30, max: 3600, otherwise: 600 });
  expect(fieldsOf({})).toEqual([]);
});

it('asks for packages only where packages are chosen, and forgets them where they are not any more', () => {
  const fields = fieldsOf(upgrade);
  expect(shownFields(fields, {}).map(({ name }) => name)).toEqual(['mode', 'scope']);
  const chosen = withParameter({}, 'scope', 'packages');
  expect(shownFields(fields, chosen).map(({ name }) => name)).toEqual(['mode', 'scope', 'packages']);
  const named = withParameter(chosen, 'packages', ['curl']);
  expect(withParameter(named, 'scope', 'all')).toEqual({ scope: 'all' });
  expect(withParameter({ note: 'why', units: [] }, 'note', null)).toEqual({ units: [] });
});
