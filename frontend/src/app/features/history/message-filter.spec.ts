import { convertToParamMap } from '@angular/router';
import { messageFilterOf } from './message-filter';

const of = (params: Record<string, string>) => messageFilterOf(convertToParamMap(params));

describe('what of the messages an address asks for', () => {
  it('is what is open, unless it says so', () => {
    expect(of({})).toEqual({ acknowledged: false });
    expect(of({ show: 'acknowledged' })).toEqual({ acknowledged: true });
  });

  it('takes what it knows, and nothing else', () => {
    expect(of({ severity: 'error', category: 'deprecation', text: ' openssl ' })).toEqual({
      acknowledged: false,
      severity: 'error',
      category: 'deprecation',
      text: 'openssl',
    });
    expect(of({ severity: 'loud', category: 'toString', text: '  ', show: 'x' })).toEqual({ acknowledged: false });
    expect(of({ text: 'x'.repeat(300) }).text).toHaveLength(200);
  });
});
