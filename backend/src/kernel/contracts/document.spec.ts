import { sentences } from '../sentences/sentences';
import type { Reading } from './contracts';
import { toDocument } from './document.dto';

const say = sentences('documents_of_this_test', { full: 'The disk {disk} is full.' });

describe('toDocument', () => {
  const reading = (document: unknown): Reading<unknown> => ({ readable: true, version: 1, document });
  const full = say.full({ disk: '/boot' });
  const paths = ['errors.*.message', 'advice'];

  it('tells the codes of the sentences that a document holds, by their places', () => {
    const document = { errors: [{ message: 'as a machine says it' }, { message: full }], advice: full };
    const { said } = toDocument('sample', reading(document), paths);
    expect(Object.keys(said)).toEqual(['errors.1.message', 'advice']);
    expect(said['advice']).toEqual([{ text: full, code: 'documents_of_this_test.full', params: { disk: '/boot' } }]);
  });

  it('finds none where there is nothing', () => {
    expect(toDocument('sample', reading({ errors: null }), paths).said).toEqual({});
    expect(toDocument('sample', reading({ errors: [full] })).said).toEqual({});
  });

  it('looks for none in what could not be read', () => {
    const damaged: Reading<unknown> = { readable: false, version: 1, document: { advice: full }, reason: 'damaged' };
    expect(Object.keys(toDocument('sample', damaged, paths).said)).toEqual(['notice']);
  });
});
