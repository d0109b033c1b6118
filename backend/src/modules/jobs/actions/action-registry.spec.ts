import type { DiscoveryService } from '@nestjs/core';
import {
  CHANGE,
  fakeAction,
  fakeChange,
  fakePlan,
  type FakeActionOptions,
  type FakeChangeOptions,
} from '../../../../test/support/jobs-fakes';
import { Contracts } from '../../../kernel/contracts/contracts';
import { quoted } from '../../../kernel/sentences/sentences';
import type { PlanRecorder } from '../requests/plan-recorder';
import { ActionRegistry } from './action-registry';
import type { Aftermath } from './change-action';
import { JobAction, type ActionContext, type CollectedRun } from './job-action';

@JobAction()
class Discovered {
  readonly declaration = fakeAction({ name: 'discovered_reading' }).declaration;
}

class NotMarked {
  readonly declaration = fakeAction({ name: 'not_marked' }).declaration;
}

function registryOf(...types: (new () => object)[]): ActionRegistry {
  const providers = types.map((metatype) => ({ metatype, instance: new metatype() }));
  return new ActionRegistry(
    { getProviders: () => providers } as unknown as DiscoveryService,
    new Contracts(),
    {} as PlanRecorder,
  );
}

it('finds marked actions, and refuses to start with two of one name', () => {
  const registry = registryOf(Discovered, NotMarked);
  registry.onModuleInit();
  expect(registry.declarations().map(({ name }) => name)).toEqual(['discovered_reading']);
  const twice = registryOf(Discovered, Discovered);
  expect(() => {
    twice.onModuleInit();
  }).toThrow('another action has the same name');
});

it.each<[string, FakeActionOptions]>([
  ['snake_case', { name: 'Wrong-Name' }],
  ['permission', { permission: 'everything' as never }],
  ['lock kind', { lockKind: 'padlock' as never }],
  ['timeoutSeconds', { timeoutSeconds: 0 }],
  ['maxAttempts', { maxAttempts: 1.5 }],
  ['connect stands twice', { steps: [{ name: 'connect', sections: [] }] }],
  ['must be an object', { parameters: { type: 'string' } }],
  ['schema', { parameters: { type: 'object', properties: { a: { type: 'nonsense' } } } }],
])('refuses a declaration: %s', (problem, declaration) => {
  const registry = registryOf();
  expect(() => {
    registry.register(fakeAction(declaration));
  }).toThrow(problem);
});

it('knows every consequence that a plan may name, and takes no plan with another', async () => {
  const registry = registryOf();
  const other = { code: 'made_up', sentence: quoted('It is made up.') };
  registry.register(
    fakeChange({ consequences: ['removals', 'guests'], planned: () => fakePlan(['a'], { consequences: [other] }) }),
  );
  expect([...registry.consequences()]).toEqual(['removals', 'guests']);
  const run = { brokenBy: null, sections: new Map() } as unknown as CollectedRun;
  const context = {} as ActionContext<object>;
  await expect(registry.findRead(`${CHANGE}_plan`)?.collect(run, context)).rejects.toThrow('made_up');
});

it('refuses a change whose effect is awaited in a step that is not its last', () => {
  const registry = registryOf();
  const steps = [
    { name: 'return', stoppable: false },
    { name: 'act', stoppable: false },
  ];
  const aftermath = { step: 'return' } as Aftermath<object>;
  expect(() => {
    registry.register({ ...fakeChange({ steps }), aftermath });
  }).toThrow('last step must be return');
});

it('derives the reading action that makes the plan of a change', () => {
  const registry = registryOf();
  registry.register(fakeChange());
  expect(registry.declarations().map(({ name, kind }) => [name, kind])).toEqual([
    [`${CHANGE}_plan`, 'read'],
    [CHANGE, 'change'],
  ]);
  expect(registry.require(`${CHANGE}_plan`).declaration).toMatchObject({
    title: 'Plan the fake change',
    permission: 'machines.run',
    risk: 'none',
    lockKind: 'apt',
  });
  expect(registry.validParameters(`${CHANGE}_plan`, {})).toEqual({ deep: false });
  expect(registry.findRead(CHANGE)).toBeUndefined();
  expect(registry.findChange(CHANGE)?.declaration.name).toBe(CHANGE);
  expect(registry.findChange(`${CHANGE}_plan`)).toBeUndefined();
});

it.each<[string, FakeChangeOptions]>([
  ['validForSeconds', { validForSeconds: 0 }],
  ['must have a step', { steps: [] }],
  ['must be snake_case', { steps: [{ name: 'Not This', stoppable: true }] }],
])('refuses a change: %s', (problem, declaration) => {
  expect(() => {
    registryOf().register(fakeChange(declaration));
  }).toThrow(problem);
});

it('refuses what somebody asks with now and could not be true any more, by the name of the field, and keeps what was asked before', () => {
  const registry = registryOf();
  const parameters = { type: 'object', properties: { until: { type: 'string' } } };
  const refuses: NonNullable<FakeChangeOptions['refuses']> = ({ until }, now) =>
    new Date(String(until)) > now ? [] : [{ field: 'until', message: quoted('has passed') }];
  registry.register(fakeChange({ parameters, refuses }));
  const asked = (until: string) => registry.askedParameters(`${CHANGE}_plan`, { until }, new Date('2026-01-02'));
  expect(asked('2026-01-03')).toEqual({ until: '2026-01-03' });
  expect(() => asked('2026-01-01')).toThrow(
    expect.objectContaining({ errors: [{ field: 'parameters.until', message: 'has passed' }] }) as Error,
  );
  expect(registry.validParameters(CHANGE, { until: '2026-01-01' })).toEqual({ until: '2026-01-01' });
});
