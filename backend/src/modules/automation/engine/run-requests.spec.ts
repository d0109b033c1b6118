import type { AutomationProcess } from '../../../../test/support/automation-process';
import { person } from '../../../../test/support/deciders';
import { CHANGE, fakeAction, fakeChange, fakePlan } from '../../../../test/support/jobs-fakes';
import type { JobsProcess } from '../../../../test/support/jobs-process';
import { changes, scheduledNight } from '../../../../test/support/scheduled-night';
import { newId } from '../../../kernel/database/ids';
import { queryRows } from '../../../kernel/database/rows';
import { EachDecision } from '../../jobs/requests/inbox/each-decision';
import { RequestInbox } from '../../jobs/requests/inbox/request-inbox';
import type { RequestWithPlan } from '../../jobs/requests/request-record';

const MACHINES = 3;

const night = scheduledNight(() => {
  const change = fakeChange({ planned: () => fakePlan(['remove a 1']) });
  const packageEffects = () => [{ operation: 'remove', name: 'a', origin: null, security: null } as const];
  return [fakeAction(), Object.assign(change, { packageEffects })];
});
let p: JobsProcess;
let a: AutomationProcess;
let inbox: RequestInbox;
let decisions: EachDecision;

beforeEach(() => {
  ({ p, a } = night);
  inbox = new RequestInbox(p.dataSource, p.requestsReader, p.shared);
  decisions = new EachDecision(p.requests);
});

/** The requests that a run of a schedule left to people, one for each of its machines. */
async function left(): Promise<RequestWithPlan[]> {
  const machineIds = await Promise.all(Array.from({ length: MACHINES }, () => p.machine()));
  const scheduleId = await a.schedule(machineIds, { ...changes('security'), enabled: false });
  const { id } = await a.runNow(scheduleId, person('Starter'));
  p.work();
  await night.over(scheduleId);
  const group = { occurrenceId: id, action: CHANGE };
  expect(await inbox.count(group)).toBe(MACHINES);
  const { items } = await inbox.group(group, { limit: 50 });
  expect((await inbox.page({ limit: 50 })).items).toMatchObject([
    { requests: MACHINES, request: { occurrenceId: id, requestedBy: { type: 'schedule', id: scheduleId } } },
  ]);
  return items;
}

/** A rule by which nobody decides what they asked for themselves, from so many machines on. */
const fourEyes = (minMachines: number | null = null) =>
  night.rule('four_eyes', 'Two people', { min_machines: minMachines });

const confirmed = ({ id, planDigest }: RequestWithPlan) => ({ id, digest: planDigest ?? '', accepted: [] });

describe('what one run of a schedule leaves to people', () => {
  it('is confirmed together, each by its own digest, in a job and a line of the audit of its own', async () => {
    const [first, second, third] = await left();
    if (first === undefined || second === undefined || third === undefined) throw new Error('there are not three');
    const ben = person('Ben');
    const wanted = [confirmed(first), { ...confirmed(second), digest: 'b'.repeat(64) }, confirmed(third)];
    const results = await decisions.confirm(wanted, ben);
    expect(results.map(({ id, refusal }) => [id, refusal?.code ?? null])).toEqual([
      [first.id, null],
      [second.id, 'digest_differs'],
      [third.id, null],
    ]);
    for (const { id, jobId } of results.filter(({ refusal }) => refusal === null)) {
      expect(await p.requestsReader.find(id)).toMatchObject({ jobId, decidedBy: 'Ben' });
    }
    const noted = await queryRows<{ id: string }>(
      p.dataSource,
      `SELECT object_id AS id FROM audit_log WHERE action = 'request.confirmed' AND actor_id = $1 ORDER BY at`,
      [ben.actor.id],
    );
    expect(noted.map(({ id }) => id)).toEqual([first.id, third.id]);
    // Again, it is the same decision; what was refused still waits.
    expect(await decisions.confirm([confirmed(first)], ben)).toMatchObject([{ jobId: results[0]?.jobId }]);
    expect(await inbox.count()).toBe(1);
  });

  it('begins outside the windows of its machines where whoever confirms says why, each with a line of the audit', async () => {
    const requests = await left();
    await night.window(3, ...requests.map(({ machineId }) => machineId ?? ''));
    const [first, ...others] = requests.map(confirmed);
    const why = 'the shop is down';
    const held = await decisions.confirm(first === undefined ? [] : [first], person('Ben'));
    const results = await decisions.confirm(
      others.map((one) => ({ ...one, windowOverride: why })),
      person('Ben'),
    );
    const jobs = [...held, ...results].map(({ jobId }) => jobId);
    const standing = `SELECT window_name, window_override FROM jobs WHERE id = ANY ($1::uuid[]) ORDER BY created_at, id`;
    expect(await queryRows(p.dataSource, standing, [jobs])).toEqual([
      { window_name: 'Nights', window_override: null },
      { window_name: null, window_override: why },
      { window_name: null, window_override: why },
    ]);
    const audit = `SELECT object_id FROM audit_log WHERE action = 'window.overridden' AND actor_name = 'Ben' ORDER BY at, id`;
    const noted = await queryRows<{ object_id: string }>(p.dataSource, audit);
    expect(noted.map(({ object_id }) => object_id)).toEqual(results.map(({ jobId }) => jobId));
  });

  it('keeps to four eyes for each of them', async () => {
    await fourEyes();
    const requests = await left();
    const starter = requests[0]?.answerableIds?.at(-1) ?? '';
    const same = { ...person('Starter'), actor: { type: 'user', id: starter, name: 'Starter' } as const };
    const refused = await decisions.confirm(requests.map(confirmed), same);
    expect(refused.map(({ refusal }) => refusal?.code)).toEqual(['four_eyes', 'four_eyes', 'four_eyes']);
    expect(await inbox.count()).toBe(MACHINES);
    const other = await decisions.confirm(requests.map(confirmed), person('Carla'));
    expect(other.map(({ refusal }) => refusal)).toEqual([null, null, null]);
  });

  it('is decided by people alone', async () => {
    const requests = await left();
    const program = { ...person('Ben'), actor: { type: 'schedule', id: newId(), name: 'Nightly' } as const };
    await expect(decisions.confirm(requests.map(confirmed), program)).rejects.toMatchObject({ code: 'person_needed' });
    const ids = requests.map(({ id }) => id);
    await expect(decisions.reject(ids, null, program)).rejects.toMatchObject({ code: 'person_needed' });
    expect(await inbox.count()).toBe(MACHINES);
  });
});

describe('plans of one machine each that are decided in one go', () => {
  it('count together for a rule about the number of machines', async () => {
    await fourEyes(MACHINES);
    p.work();
    const anna = person('Anna');
    const requests: RequestWithPlan[] = [];
    for (let count = 0; count < MACHINES; count += 1) {
      const { id } = await p.enqueue(await p.machine(), { action: `${CHANGE}_plan`, requestedBy: anna.actor });
      const { requestId } = await p.ended(id);
      const request = await p.requestsReader.find(requestId ?? '');
      if (request !== null) requests.push(request);
    }
    const together = await decisions.confirm(requests.map(confirmed), anna);
    expect(together.map(({ refusal }) => refusal?.code)).toEqual(requests.map(() => 'four_eyes'));
    const fewer = await decisions.confirm(requests.slice(1).map(confirmed), anna);
    expect(fewer.map(({ refusal }) => refusal)).toEqual([null, null]);
  });
});
