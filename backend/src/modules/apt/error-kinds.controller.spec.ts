import type { ActionRegistry } from '../jobs/actions/action-registry';
import { AptRepairAction } from './actions/apt-repair.action';
import { AptUpgradeAction } from './actions/apt-upgrade.action';
import { APT_ERROR_KINDS, WITHOUT_RISK } from './contracts/apt-error-kinds';
import { MACHINE_ERROR_KINDS, MACHINE_ERRORS_WITHOUT_RISK } from './contracts/machine-error-kinds';
import { ErrorKindsController } from './error-kinds.controller';

const without = undefined as never;

it('tells of every class what to do, what is better left alone, and the change that mends it', () => {
  const declarations = [
    new AptUpgradeAction(without, without, without, without),
    new AptRepairAction(without, without, without, without),
  ].map((one) => one.declaration);
  const registry = { declarations: () => declarations } as unknown as ActionRegistry;
  const kinds = new ErrorKindsController(registry).list();
  expect(kinds.map(({ kind }) => kind)).toEqual([...APT_ERROR_KINDS, ...MACHINE_ERROR_KINDS]);
  const of = (kind: string) => kinds.find((one) => one.kind === kind);
  expect(of('dpkg_interrupted')).toMatchObject({
    action: 'apt_repair',
    actionKind: 'change',
    verifiedBy: 'apt_update_analyze',
    said: {
      remedy: [{ code: 'apt_remediation.dpkg_interrupted' }],
      risk: [{ code: 'apt_risk.dpkg_interrupted' }],
    },
  });
  expect(of('repo_dns')).toMatchObject({
    action: null,
    actionKind: null,
    risk: expect.stringMatching(/missed unseen/) as string,
  });
  expect(of('sudo_password')).toMatchObject({
    remedy: 'Store the right sudo password, or allow the account NOPASSWD in sudoers.',
    risk: expect.stringContaining('root at once') as string,
    action: null,
    verifiedBy: 'machine_probe',
    said: { remedy: [{ code: 'ssh.sudo_password_action' }], risk: [{ code: 'machine_risk.sudo_password' }] },
  });
  expect(of('inhibited')).toMatchObject({ verifiedBy: 'reboot', risk: expect.stringContaining('--force') as string });
  for (const kind of ['sudo_tty', 'host_key_changed', 'auth_failed', 'unreachable', 'connect_timeout', 'timeout_total'])
    expect(of(kind)?.remedy).toMatch(/\w/);
  for (const { said, risk } of kinds)
    expect(Object.keys(said)).toEqual(risk === null ? ['remedy'] : ['remedy', 'risk']);
  expect(
    kinds
      .filter(({ risk }) => risk === null)
      .map(({ kind }) => kind)
      .sort(),
  ).toEqual([...WITHOUT_RISK, ...MACHINE_ERRORS_WITHOUT_RISK].sort());
});
