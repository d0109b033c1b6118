import type { Problem } from '../../core/errors/problem';
import { faultOf, refusedPart, sameValue } from './setting-check';

describe('faultOf', () => {
  const zoom = { type: 'integer', minimum: 90, maximum: 130, multipleOf: 5 } as const;

  it('lets a fitting number through', () => {
    expect(faultOf(zoom, 95)).toBeNull();
  });

  it.each([85, 135, 92, null, 'x'])('refuses %p', (value) => {
    expect(faultOf(zoom, value)).toEqual({ kind: 'number', minimum: 90, maximum: 130, step: 5 });
  });

  it('knows what stands in a list twice, and when it is too long', () => {
    const schema = { type: 'array', maxItems: 2 } as const;
    expect(faultOf(schema, ['a', 'b'])).toBeNull();
    expect(faultOf(schema, ['a', 'a'])).toEqual({ kind: 'twice', text: 'a' });
    expect(faultOf(schema, ['a', 'b', 'c'])).toEqual({ kind: 'tooMany', most: 2 });
  });
});

describe('refusedPart', () => {
  const why = { message: 'no network' };
  const problem = (field: string): Problem => ({
    code: 'invalid_input',
    status: 400,
    detail: null,
    action: null,
    fields: { [field]: why },
    requestId: null,
    retryAfter: null,
  });

  it('finds the item that the server named, or the whole value', () => {
    expect(refusedPart(problem('nets/1'), 'nets', ['10.0.0.0/8', 'x'])).toEqual({ item: 'x', why });
    expect(refusedPart(problem('nets'), 'nets', ['x'])).toEqual({ item: null, why });
  });

  it('answers nothing for another field, and no item that is not there', () => {
    expect(refusedPart(problem('other/0'), 'nets', ['x'])).toBeNull();
    expect(refusedPart(problem('nets/7'), 'nets', ['x'])).toEqual({ item: null, why });
  });
});

describe('sameValue', () => {
  it('compares lists by what is in them', () => {
    expect(sameValue(['a'], ['a'])).toBe(true);
    expect(sameValue(['a'], ['b'])).toBe(false);
    expect(sameValue(null, 0)).toBe(false);
  });
});
