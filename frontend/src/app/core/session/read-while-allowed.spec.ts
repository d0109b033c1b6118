import { signal } from '@angular/core';
import { TestBed } from '@angular/core/testing';
import { Live } from '../live/live';
import { readWhileAllowed } from './read-while-allowed';
import { Session } from './session';

describe('readWhileAllowed', () => {
  const permissions = signal<readonly string[]>([]);
  const returns = signal(0);
  let did: string[];

  const then = (change: () => void): string[] => {
    did.splice(0);
    change();
    TestBed.tick();
    return did;
  };

  beforeEach(() => {
    did = [];
    permissions.set([]);
    TestBed.configureTestingModule({
      providers: [
        { provide: Session, useValue: { can: (permission: string) => permissions().includes(permission) } },
        { provide: Live, useValue: { returns } },
      ],
    });
    TestBed.runInInjectionContext(() => {
      readWhileAllowed(
        'jobs.read',
        () => did.push('read'),
        () => did.push('forget'),
      );
    });
    TestBed.tick();
  });

  it('reads once the account may, again when the connection is back, and forgets when it may no more', () => {
    expect(did).toEqual(['forget']);
    expect(then(() => permissions.set(['jobs.read']))).toEqual(['read']);
    expect(then(() => returns.set(1))).toEqual(['read']);
    expect(then(() => permissions.set([]))).toEqual(['forget']);
  });

  it('does not read for permissions that have nothing to do with it', () => {
    permissions.set(['jobs.read']);
    TestBed.tick();
    expect(then(() => permissions.set(['jobs.read', 'users.manage']))).toEqual([]);
  });

  it('lets what it reads read signals without reading again when they change', () => {
    const other = signal(0);
    TestBed.runInInjectionContext(() => {
      readWhileAllowed(
        'jobs.read',
        () => did.push(`read ${String(other())}`),
        () => undefined,
      );
    });
    expect(then(() => permissions.set(['jobs.read']))).toContain('read 0');
    expect(then(() => other.set(1))).toEqual([]);
  });
});
