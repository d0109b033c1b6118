import { quoted } from '../../../kernel/sentences/sentences';
import { changeOutcome } from './apt-changes';

it('a change of packages tells of every error that its run met, each class once', () => {
  const of = (kind: string) => ({ kind, message: `It is ${kind}.`, subject: null });
  const message = quoted('It is file_conflict.');
  const verdict = { status: 'error', summary: message, error: { kind: 'file_conflict', message } } as const;
  const result = { errors: [of('file_conflict'), of('deb_404'), of('file_conflict')] };
  const outcome = changeOutcome(verdict, { result, important: {} });
  expect(outcome.furtherErrors).toEqual([{ kind: 'deb_404', message: quoted('It is deb_404.') }]);
  expect(changeOutcome({ status: 'ok', summary: message }, { result, important: {} }).furtherErrors).toEqual([]);
});
