import { Logger } from '@nestjs/common';
import { anyPerson } from '../../../../test/support/deciders';
import { FakeMachines } from '../../../../test/support/fake-detached';
import { answer, CHANGE, CHANGE_PLAN_CONTRACT, fakeAction, fakeChange } from '../../../../test/support/jobs-fakes';
import { JobsProcess } from '../../../../test/support/jobs-process';
import { createTestDatabase, type TestDatabase } from '../../../../test/support/postgres';
import { connectTo } from '../../../../test/support/ssh-play';
import { playRun } from '../../../../test/support/ssh-fake-server';
import { until } from '../../../../test/support/ssh-wait';
import { DomainError } from '../../../kernel/errors/domain-error';
import { SecretMasker } from '../../../kernel/logging/secret-masker';
import { secretRegistry } from '../../../kernel/logging/secret-registry';
import { quoted } from '../../../kernel/sentences/sentences';
import type { CollectedRun } from '../actions/job-action';
import type { MachineConnections } from '../../machines/machine-connections';
import { SshRemoteRunner } from './remote-runner';

/** They open the machine, and stand in what it says. */
const OWN = ['debian', '1234'];
const LINES = ['machine 0199-1234', 'upgrade debianutils:amd64 5.7 5.8 Debian:13'];

let database: TestDatabase;
let p: JobsProcess;

beforeEach(async () => {
  database = await createTestDatabase();
});
afterEach(async () => {
  await p.close();
  await database.drop();
});

/** The machine says that in the section that is read of it. */
async function machineThatSays(text: string): Promise<void> {
  const exec = playRun((run) => {
    run.begin(1, 'look');
    run.channel.write(text);
    run.end(1, 0);
    run.done(0);
  });
  const { connection } = await connectTo(exec);
  // The values are held while there is a connection; here they are let go the moment before it is closed.
  const connect = () => {
    const drops = OWN.map((value) => secretRegistry.register(value));
    const close = () => {
      for (const drop of drops) drop();
      return connection.close();
    };
    return Promise.resolve({ connection, sudo: { kind: 'none' }, masker: new SecretMasker(OWN), close });
  };
  p.remote.otherwise((run) => new SshRemoteRunner({ connect } as unknown as MachineConnections).run(run));
}

it('a machine whose password is a word of its own plan is planned as any other', async () => {
  p = await JobsProcess.open(database.url, [fakeChange()]);
  p.contracts.register(CHANGE_PLAN_CONTRACT);
  await machineThatSays(`${LINES.join('\n')}\n`);
  p.work();
  const { id } = await p.enqueue(await p.machine(), { action: `${CHANGE}_plan` });
  const { requestId } = await p.ended(id);
  expect((await p.requestsReader.find(requestId ?? ''))?.plan?.lines).toEqual(LINES);
});

it('what an error quotes of it is kept from the log of the job and of the process, until its end is written', async () => {
  const heldWhenLogged: (readonly string[])[] = [];
  const note = (): void => void heldWhenLogged.push(secretRegistry.values());
  Logger.overrideLogger({ log: () => undefined, warn: note, error: note });
  const action = fakeAction();
  p = await JobsProcess.open(database.url, [
    {
      ...action,
      // Its output is told to nobody live: it is facts.
      declaration: { ...action.declaration, steps: [{ name: 'look', sections: ['look'] }] },
      collect: (run: CollectedRun) => {
        const said = run.sections.get('look')?.stdout ?? '';
        if (said.startsWith('unknown')) throw new Error(said);
        throw new DomainError({ code: 'conflict', status: 409, detail: quoted(said) });
      },
    },
  ]);
  const machineId = await p.machine();
  await machineThatSays('no debianutils');
  p.work();
  const { id } = await p.enqueue(machineId);
  expect(await p.ended(id)).toMatchObject({ status: 'error', errorKind: 'conflict' });
  const lines = ((await p.logs.read(id, 0, 1000))?.lines ?? []).map(({ text }) => text);
  expect(lines).toContain('no •••utils');
  expect(lines.join()).not.toContain('debian');
  await machineThatSays('unknown debianutils');
  expect(await p.ended((await p.enqueue(machineId)).id)).toMatchObject({ errorKind: 'internal_error' });
  expect(heldWhenLogged).toEqual([expect.arrayContaining(OWN)]);
  await until('nothing is held any more', () => secretRegistry.values().length === 0);
});

it('a change is told what its log is masked by, to find the names again that are masked in it', async () => {
  const told: (string | undefined)[] = [];
  const change = fakeChange();
  const collect = change.collect.bind(change);
  change.collect = (run, context) => {
    told.push(run.masked?.('debianutils'));
    return collect(run, context);
  };
  p = await JobsProcess.open(database.url, [change]);
  p.contracts.register(CHANGE_PLAN_CONTRACT);
  const machines = new FakeMachines();
  p.detached.machines = machines;
  const open = p.detached.open.bind(p.detached);
  jest.spyOn(p.detached, 'open').mockImplementation((visit) => {
    visit.own.hold(OWN);
    return open(visit);
  });
  p.remote.otherwise(() => answer({ look: LINES.join('\n') }));
  p.work();
  const { requestId } = await p.ended((await p.enqueue(await p.machine(), { action: `${CHANGE}_plan` })).id);
  const digest = (await p.requestsReader.find(requestId ?? ''))?.planDigest ?? '';
  const { id } = await p.requests.confirm(requestId ?? '', { digest, accepted: [] }, anyPerson);
  await until('the run begins', () => machines.runs.has(id));
  machines.end(id, 'ended');
  await p.ended(id);
  expect(told).toEqual(['•••utils']);
});
