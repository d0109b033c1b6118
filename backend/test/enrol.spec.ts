import { enrol } from '../src/enrol';
import type { MachineDetailDto } from '../src/modules/machines/dto/machine-detail.dto';
import { HistoryModule } from '../src/modules/history/history.module';
import { MachinesModule } from '../src/modules/machines/machines.module';
import { FakeSsh, hostKey } from './support/fake-ssh';
import { machineInput } from './support/machine-samples';
import { createTestApp, type Client, type TestApp } from './support/test-app';

const known = hostKey('of the inventory');
const other = hostKey('another');

describe('an inventory that is enrolled again', () => {
  let test: TestApp;
  let ssh: FakeSsh;
  let operator: Client;

  beforeAll(async () => {
    ssh = new FakeSsh();
    test = await createTestApp({ imports: [MachinesModule, HistoryModule], ssh });
    operator = test.as('operator');
  });
  afterAll(() => test.close());
  beforeEach(() => test.dataSource.query('TRUNCATE machines CASCADE'));
  afterEach(() => {
    expect(ssh.unexpected.splice(0)).toEqual([]);
  });

  const line = `${known.keyType} ${known.publicKey}`;
  const inventory = JSON.stringify({ machines: [{ ...machineInput('mail-01'), port: 22, hostKey: line }] });
  const all = async (): Promise<MachineDetailDto[]> => {
    const rows = await test.dataSource.query<{ id: string }[]>('SELECT id FROM machines');
    return Promise.all(rows.map(async ({ id }) => (await operator.get(`/machines/${id}`)).body as MachineDetailDto));
  };
  const keys = async () =>
    Object.fromEntries((await all())[0]?.hostKeys.map((key) => [key.fingerprintSha256, key.status]) ?? []);

  it('leaves what it added as it is, and approves a key that nobody has decided about', async () => {
    ssh.willShow([known]);
    expect(await enrol(test.app, inventory)).toEqual(['mail-01: added']);
    expect(await keys()).toEqual({ [known.fingerprint]: 'approved' });
    expect(await enrol(test.app, inventory)).toEqual(['mail-01: was there already']);
    await test.dataSource.query(
      `UPDATE machine_host_keys SET status = 'unknown', approved_at = NULL, approved_by = NULL`,
    );
    ssh.willShow([known]);
    await enrol(test.app, inventory);
    expect(await keys()).toEqual({ [known.fingerprint]: 'approved' });
  });

  it('lifts no quarantine and takes back no rejection', async () => {
    ssh.willShow([known]);
    await enrol(test.app, inventory);
    const [machine] = await all();
    const id = machine?.id ?? '';
    ssh.willShow([other]);
    await operator.post(`/machines/${id}/host-keys/scan`);
    expect(await enrol(test.app, inventory)).toEqual(['mail-01: is in quarantine, and stays so']);
    expect((await all())[0]).toMatchObject({ status: 'quarantined' });

    await test.dataSource.query(`UPDATE machines SET status = 'active'`);
    await test.dataSource.query(
      `UPDATE machine_host_keys SET status = 'rejected', approved_at = NULL, approved_by = NULL`,
    );
    expect(await enrol(test.app, inventory)).toEqual(['mail-01: was there already']);
    expect(Object.values(await keys())).toEqual(['rejected', 'rejected']);
  });

  it('does not add an archived machine a second time', async () => {
    ssh.willShow([known]);
    await enrol(test.app, inventory);
    await operator.post(`/machines/${(await all())[0]?.id ?? ''}/archive`);
    expect(await enrol(test.app, inventory)).toEqual(['mail-01: is archived, and stays so']);
    expect((await all()).map(({ status }) => status)).toEqual(['archived']);
  });
});
