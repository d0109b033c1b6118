import { quoted } from '../../../kernel/sentences/sentences';
import { changeOutcome } from './apt-changes';

it('a change of packages tells of every error that its run met, each with what it is about', () => {
  const of = (kind: string, subject: string | null) => ({ kind, message: `It is ${kind}.`, subject });
  const message = quoted('It is file_conflict.');
  const verdict = { status: 'error', summary: message, error: { kind: 'file_conflict', message } } as const;
  const errors = [
    of('file_conflict', 'beta_1_all.deb'),
    of('apt_lock_busy', 'process 7'),
    of('file_conflict', 'gamma_1%3a2_all.deb'),
  ];
  const result = { errors: [...errors, of('no_space', '/var')] };
  const outcome = changeOutcome(verdict, { result, important: {} });
  expect(outcome.error).toMatchObject({ kind: 'file_conflict', subject: 'beta' });
  expect(outcome.furtherErrors).toEqual([
    { kind: 'apt_lock_busy', message: quoted('It is apt_lock_busy.'), subject: null },
    { kind: 'file_conflict', message, subject: 'gamma' },
    { kind: 'no_space', message: quoted('It is no_space.'), subject: null },
  ]);
  expect(changeOutcome({ status: 'ok', summary: message }, { result, important: {} }).furtherErrors).toEqual([]);
});
