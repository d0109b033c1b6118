import type { ActionRegistry } from '../jobs/actions/action-registry';
import { AptRepairAction } from './actions/apt-repair.action';
import { AptUpgradeAction } from './actions/apt-upgrade.action';
import { APT_ERROR_KINDS, WITHOUT_RISK } from './contracts/apt-error-kinds';
import { ErrorKindsController } from './error-kinds.controller';

const without = undefined as never;

it('tells of every class what to do, what is better left alone, and the change that mends it', () => {
  const declarations = [
    new AptUpgradeAction(without, without, without),
    new AptRepairAction(without, without, without),
  ].map((one) => one.declaration);
  const registry = { declarations: () => declarations } as unknown as ActionRegistry;
  const kinds = new ErrorKindsController(registry).list();
  expect(kinds.map(({ kind }) => kind)).toEqual(APT_ERROR_KINDS);
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
  for (const { said, risk } of kinds)
    expect(Object.keys(said)).toEqual(risk === null ? ['remedy'] : ['remedy', 'risk']);
  expect(
    kinds
      .filter(({ risk }) => risk === null)
      .map(({ kind }) => kind)
      .sort(),
  ).toEqual([...WITHOUT_RISK].sort());
});
