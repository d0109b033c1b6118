import { HttpErrorResponse, HttpHeaders } from '@angular/common/http';
import { problemOf } from './problem';

const said = { text: 'mail-01 has it.', code: 'machines.taken', params: {} };
const body = {
  type: 'about:blank',
  title: 'Conflict',
  status: 409,
  code: 'machine_address_taken',
  detail: 'mail-01 has it.',
  action: 'Choose another.',
  said: { detail: [said] },
  errors: [{ field: 'hostname', message: 'taken' }],
  requestId: 'r-1',
};

describe('problemOf', () => {
  it('takes code, sentence, action, fields and request number from a problem document', () => {
    expect(problemOf(new HttpErrorResponse({ status: 409, error: body }))).toEqual({
      code: 'machine_address_taken',
      status: 409,
      detail: 'mail-01 has it.',
      action: 'Choose another.',
      said: { detail: [said] },
      fields: { hostname: { message: 'taken', said: {} } },
      requestId: 'r-1',
      retryAfter: null,
    });
  });

  it('reads a document that arrived as text', () => {
    expect(problemOf(new HttpErrorResponse({ status: 409, error: JSON.stringify(body) })).code).toBe(
      'machine_address_taken',
    );
  });

  it('tells how long to wait, from seconds and from a date', () => {
    const headers = (value: string): HttpHeaders => new HttpHeaders({ 'Retry-After': value });
    expect(problemOf(new HttpErrorResponse({ status: 429, error: body, headers: headers('90') })).retryAfter).toBe(90);
    const later = new Date(Date.now() + 30_000).toUTCString();
    expect(
      problemOf(new HttpErrorResponse({ status: 429, error: body, headers: headers(later) })).retryAfter,
    ).toBeGreaterThan(25);
  });

  it('names what never came from this server', () => {
    expect(problemOf(new HttpErrorResponse({ status: 0 })).code).toBe('no_answer');
    expect(problemOf(new HttpErrorResponse({ status: 502, error: '<html>' })).code).toBe('server_error');
    expect(problemOf(new HttpErrorResponse({ status: 404, error: '<html>' })).code).toBe('unreadable_answer');
    expect(problemOf(new Error('bug')).code).toBe('unexpected');
    expect(problemOf(undefined).code).toBe('unexpected');
  });
});
