import { addMachine } from '../../../test/support/machine-samples';
import { createTestApp, type Client, type TestApp } from '../../../test/support/test-app';
import { TransactionRunner } from '../../kernel/database/transaction';
import { secretRegistry } from '../../kernel/logging/secret-registry';
import { MachinesModule } from '../machines/machines.module';
import type { GroupDecisionDto, MachineMessageDto, MessageDto, MessageGroupDto } from './dto/messages.dto';
import { HistoryModule } from './history.module';
import { say } from './history.sentences';
import { ImportantMessages, type ImportantMessage } from './important-messages';

interface Page<T> {
  items: T[];
  nextCursor: string | null;
}

const said = (message: string, more: Partial<ImportantMessage> = {}): ImportantMessage => ({
  category: 'warning',
  severity: 'warning',
  packageName: null,
  component: null,
  message,
  ...more,
});
const keysOf = (text: string): ImportantMessage => said(text, { payload: { code: 'key_stored_in_legacy_keyring' } });

describe('messages of the fleet', () => {
  let test: TestApp;
  let operator: Client;
  let one: string;
  let two: string;
  let audited: number;

  beforeAll(async () => {
    test = await createTestApp({ imports: [MachinesModule, HistoryModule] });
    operator = test.as('operator');
  });
  afterAll(() => test.close());
  beforeEach(async () => {
    await test.dataSource.query('TRUNCATE machines CASCADE');
    audited = (await audit()).length;
    one = await addMachine(operator, 'web-1');
    two = await addMachine(operator, 'web-2');
  });

  const says = (machineId: string, ...messages: ImportantMessage[]) =>
    test.app
      .get(TransactionRunner)
      .run((tx) => test.app.get(ImportantMessages).upsert(tx, { machineId, source: 'apt', messages }));
  const groups = async (query = '') =>
    (await operator.get(`/messages${query}`)).body as unknown as Page<MessageGroupDto>;
  const words = async (query = '') => (await groups(query)).items.map(({ message }) => message);
  const openCount = async (id: string) =>
    ((await operator.get(`/machines/${id}`)).body as { openMessagesCount: number | null }).openMessagesCount;
  const firstKey = async (query = '') => (await groups(query)).items[0]?.key ?? 'none';
  const audit = () =>
    test.dataSource.query<{ action: string; machine_id: string | null; details_json: object }[]>(
      `SELECT action, machine_id, details_json FROM audit_log WHERE object_type = 'message' ORDER BY at, id`,
    );

  it('puts together what several machines say alike, whatever figures stand in the words', async () => {
    await says(one, keysOf('12 keys are stored in the old keyring'));
    await says(
      two,
      keysOf('3 keys are stored in the old keyring'),
      said('a failure', { severity: 'error', category: 'error' }),
    );
    const { items, nextCursor } = await groups();
    expect(items).toMatchObject([
      { message: 'a failure', severity: 'error', machines: 1, openMachines: 1 },
      { message: '3 keys are stored in the old keyring', severity: 'warning', machines: 2, openMachines: 2 },
    ]);
    expect(nextCursor).toBeNull();
    const { body } = await operator.get(`/messages/groups/${items[1]?.key ?? ''}?limit=1`);
    const first = body as unknown as Page<MachineMessageDto>;
    expect(first.items).toMatchObject([{ machineId: two, machineName: 'web-2', acknowledged: false }]);
    const rest = await operator.get(`/messages/groups/${items[1]?.key ?? ''}?limit=1&cursor=${first.nextCursor ?? ''}`);
    expect((rest.body as unknown as Page<MachineMessageDto>).items).toMatchObject([
      {
        machineId: one,
        message: '12 keys are stored in the old keyring',
        facts: { document: { code: 'key_stored_in_legacy_keyring' } },
      },
    ]);
  });

  it('is as serious as the most serious of its machines has it, in the words that were said last', async () => {
    await says(one, keysOf('12 keys'), { ...keysOf('x'), packageName: 'other', severity: 'info' });
    await says(one, { ...keysOf('12 keys'), severity: 'error' });
    await says(two, { ...keysOf('3 keys'), severity: 'error' });
    await says(one, keysOf('11 keys'));
    expect((await groups()).items).toMatchObject([
      { message: '11 keys', severity: 'error', machines: 2 },
      { message: 'x', severity: 'info', machines: 1 },
    ]);
    expect((await groups('?severity=warning')).items).toMatchObject([{ message: '11 keys', severity: 'warning' }]);
  });

  it('finds a sentence of ours by its French words as well, typed as people do', async () => {
    await says(one, said('other'));
    const gone = say.artifact_gone();
    await says(two, said(gone));
    for (const typed of ['removed when', 'à son Échéance ; ce', "ce que l'on en sait"])
      expect(await words(`?text=${encodeURIComponent(typed)}`)).toEqual([gone]);
    expect(await words(`?text=${encodeURIComponent('sans échéance')}`)).toEqual([]);
    expect(await words('?text=es')).toEqual([]);
  });

  it('finds by words, package, component, machine, severity, category and state; a sign of a pattern is itself', async () => {
    await says(one, said('100% done', { packageName: 'openssl' }), said('1000 done', { category: 'deprecation' }));
    await says(two, said('other', { component: 'http://example.org', severity: 'info' }));
    expect(await words('?text=100%25')).toEqual(['100% done']);
    expect(await words('?text=OPENSSL')).toEqual(['100% done']);
    expect(await words('?text=example.org')).toEqual(['other']);
    expect(await words('?text=web-2')).toEqual(['other']);
    expect(await words('?severity=info')).toEqual(['other']);
    expect(await words('?category=deprecation')).toEqual(['1000 done']);
    expect((await words(`?machineId=${one}`)).sort()).toEqual(['100% done', '1000 done']);
    await operator.post(`/messages/groups/${await firstKey('?severity=info')}/acknowledge`);
    expect(await words('?acknowledged=true')).toEqual(['other']);
    expect((await words('?acknowledged=false')).sort()).toEqual(['100% done', '1000 done']);
    for (const query of [
      'severity=loud',
      'category=x',
      'machineId=1',
      'acknowledged=yes',
      'text=',
      'cursor=x',
      'other=1',
    ]) {
      expect([query, (await operator.get(`/messages?${query}`)).status]).toEqual([query, 400]);
    }
  });

  it('gives every group once over its pages, serious ones first', async () => {
    const severities = ['info', 'warning', 'error'] as const;
    const list = Array.from({ length: 25 }, (_, i) =>
      said(`message ${String(i)}`, { severity: severities[i % 3] ?? 'info' }),
    );
    await says(one, ...list);
    await says(two, ...list.slice(5, 15));
    const seen: MessageGroupDto[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const page: Page<MessageGroupDto> = await groups(`?limit=4${cursor === '' ? '' : `&cursor=${cursor}`}`);
      seen.push(...page.items);
      cursor = page.nextCursor;
    }
    expect(seen.map(({ message }) => message).sort()).toEqual(list.map(({ message }) => message).sort());
    const ranks = seen.map(({ severity }) => severities.indexOf(severity));
    expect(ranks).toEqual([...ranks].sort((a, b) => b - a));
  });

  it('acknowledges a message wherever it is open, and takes exactly that back', async () => {
    const three = await addMachine(operator, 'web-3');
    for (const id of [one, two, three]) await says(id, keysOf('keys'), said('else'));
    const key = await firstKey('?text=keys');
    const { id } = ((await operator.get(`/machines/${three}/messages`)).body as unknown as MessageDto[]).find(
      ({ message }) => message === 'keys',
    ) ?? { id: '' };
    await operator.post(`/messages/${id}/acknowledge`);
    expect((await test.as('viewer').post(`/messages/groups/${key}/acknowledge`)).status).toBe(403);

    const { body } = await operator.post(`/messages/groups/${key}/acknowledge`);
    const decision = body as unknown as GroupDecisionDto;
    expect(decision).toEqual({ machines: 2, acknowledgedAt: expect.any(String) as string });
    expect(await words('?acknowledged=false')).toEqual(['else']);
    expect(await Promise.all([one, two, three].map(openCount))).toEqual([1, 1, 1]);
    expect((await operator.post(`/messages/groups/${key}/acknowledge`)).body).toEqual({
      machines: 0,
      acknowledgedAt: null,
    });

    const back = await operator.post(`/messages/groups/${key}/reopen`, { acknowledgedAt: decision.acknowledgedAt });
    expect(back.body).toMatchObject({ machines: 2 });
    expect(await Promise.all([one, two, three].map(openCount))).toEqual([2, 2, 1]);
    expect((await operator.post(`/messages/groups/${key}/reopen`, { acknowledgedAt: 'soon' })).status).toBe(400);
    expect((await operator.post('/messages/groups/nothing/acknowledge')).status).toBe(400);
    expect((await audit()).slice(audited)).toMatchObject([
      { action: 'message.acknowledged', machine_id: three, details_json: { message: 'keys', machines: 1 } },
      { action: 'message.acknowledged', machine_id: null, details_json: { message: 'keys', machines: 2 } },
      { action: 'message.reopened', machine_id: null, details_json: { message: 'keys', machines: 2 } },
    ]);
  });

  it('keeps who acknowledged first, and two who decide at once decide once', async () => {
    for (const id of [one, two]) await says(id, keysOf('keys'));
    const key = await firstKey();
    const answers = await Promise.all(
      ['operator', 'administrator'].map((role) =>
        test.as(role as 'operator').post(`/messages/groups/${key}/acknowledge`),
      ),
    );
    const counts = answers.map(({ body }) => (body as unknown as GroupDecisionDto).machines);
    expect(counts.sort()).toEqual([0, 2]);
    const before = ((await operator.get(`/machines/${one}/messages`)).body as unknown as MessageDto[])[0];
    await test.as('administrator').post(`/messages/${before?.id ?? ''}/acknowledge`);
    expect((await operator.get(`/machines/${one}/messages`)).body).toMatchObject([
      { acknowledgedBy: before?.acknowledgedBy, acknowledgedAt: before?.acknowledgedAt },
    ]);
  });

  it('is the same message whatever passwords of other machines are held, and stays acknowledged', async () => {
    const message = said('debian-goodies is old, says web', { component: 'debian' });
    await says(one, message);
    await operator.post(`/messages/groups/${await firstKey()}/acknowledge`);
    const drops = ['debian', 'debian-goodies'].map((word) => secretRegistry.register(word));
    await says(one, message, said('debian-goodies spoke of debian'));
    for (const drop of drops) drop();
    expect(await openCount(one)).toBe(1);
    await says(one, message);
    expect(await words('?acknowledged=false')).toEqual(['••• spoke of debian']);
    expect(await words('?acknowledged=true')).toEqual(['debian-goodies is old, says web']);
  });

  it('is silent about archived machines', async () => {
    await says(one, keysOf('keys'));
    await says(two, said('else'));
    await operator.post(`/machines/${one}/archive`);
    expect(await words()).toEqual(['else']);
  });
});
