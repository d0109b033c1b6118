import { TestBed } from '@angular/core/testing';
import { provideRouter, type CanActivateFn, UrlTree } from '@angular/router';
import { Session } from '../../core/session/session';
import { machinesRoutes } from './machines.routes';

describe('the routes of dialogs that write', () => {
  it.each([
    ['new', 'machines.write'],
    ['tags', 'tags.write'],
  ])('%s is for those alone who have %s', (path, permission) => {
    let may: string[] = [];
    TestBed.configureTestingModule({
      providers: [
        provideRouter([]),
        { provide: Session, useValue: { can: (asked: string) => may.includes(asked) } satisfies Partial<Session> },
      ],
    });
    const route = machinesRoutes[0]?.children?.find((child) => child.path === path);
    const guards = (route?.canActivate ?? []) as CanActivateFn[];
    const verdicts = () =>
      guards.map((guard) => {
        const verdict = TestBed.runInInjectionContext(() => guard({} as never, {} as never));
        return verdict instanceof UrlTree ? verdict.toString() : verdict;
      });
    expect(verdicts()).toEqual(['/machines']);
    may = [permission];
    expect(verdicts()).toEqual([true]);
  });
});
