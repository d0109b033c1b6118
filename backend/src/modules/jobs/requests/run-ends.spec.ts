import { anyPerson } from '../../../../test/support/deciders';
import type { FakeMachines } from '../../../../test/support/fake-detached';
import { CHANGE, fakeAction, fakeChange } from '../../../../test/support/jobs-fakes';
import { scheduledNight } from '../../../../test/support/scheduled-night';
import { until } from '../../../../test/support/ssh-wait';
import { planActionName } from '../actions/plan-action';

const night = scheduledNight(() => [fakeAction(), fakeChange()], 'upgrade a 1 2');

describe('a request whose plan was carried out, or was to be', () => {
  it.each<[string, Parameters<FakeMachines['end']>[1], string]>([
    ['went well', 'ended', 'ok'],
    ['was refused by the machine, as it had come to differ from the plan', 'drifted', 'error'],
    ['was stopped', 'stopped', 'cancelled'],
  ])('says how its run ended: it %s', async (_what, ending, runStatus) => {
    const { p, machines } = night;
    p.work();
    const machineId = await p.machine();
    const { requestId } = await p.ended((await p.enqueue(machineId, { action: planActionName(CHANGE) })).id);
    const request = () => p.requestsReader.find(requestId ?? '');
    const digest = (await request())?.planDigest ?? '';
    expect(await request()).toMatchObject({ runStatus: null });
    const { id } = await p.requests.confirm(requestId ?? '', { digest, accepted: [] }, anyPerson);
    await until('the run begins', () => machines.runs.has(id));
    expect(await request()).toMatchObject({ status: 'approved', runStatus: 'running' });
    if (ending === 'stopped') await p.service.cancel(id, anyPerson.actor);
    machines.end(id, ending);
    await p.ended(id);
    expect(await request()).toMatchObject({ status: 'executed', runStatus });
  });
});
