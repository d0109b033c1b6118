import { createTestDatabase } from '../../../../test/support/postgres';
import { SystemClock } from '../../../kernel/clock';
import { newId } from '../../../kernel/database/ids';
import { SecretMasker } from '../../../kernel/logging/secret-masker';
import { secretRegistry } from '../../../kernel/logging/secret-registry';
import type { RunScriptOptions } from '../../../kernel/ssh/run-types';
import type { MachineConnections } from '../../machines/machine-connections';
import { SshDetachedRunner } from './detached-runner';
import { OwnSecrets } from './own-secrets';
import { SshRemoteRunner, type RemoteRun } from './remote-runner';

const OWN = 'own-password';
const PROXY = 'proxy-password';
const SAID = `debian-goodies ${OWN} ${PROXY}`;

/** What a run would mask of what the machine said. */
let masked: string | undefined;
const connections = {
  connect: () =>
    Promise.resolve({
      connection: {
        runScript: ({ masker }: RunScriptOptions) => {
          masked = masker?.mask(SAID);
          return Promise.resolve({});
        },
      },
      sudo: { kind: 'none' },
      masker: new SecretMasker([OWN]),
      close: () => Promise.resolve(),
    }),
} as unknown as MachineConnections;
const own = new OwnSecrets();
const visit = {
  machineId: newId(),
  id: newId(),
  actor: { type: 'system', id: null, name: 'test' },
  purpose: 'test',
  secrets: [PROXY],
  own,
  signal: new AbortController().signal,
} as const;

/** As it is held while there is a connection to another machine. */
let drop: () => void;
beforeEach(() => {
  masked = undefined;
  drop = secretRegistry.register('debian');
});
afterEach(() => {
  drop();
  // Longer than the connection: what was read is still to be told of.
  expect(secretRegistry.values()).toEqual([OWN, PROXY]);
  own.release();
  expect(secretRegistry.values()).toEqual([]);
});

it('a reading behind a proxy with a password masks what is the machine’s own, and no word that is another’s password', async () => {
  const runner = new SshRemoteRunner(connections);
  await runner.run({ ...visit, jobId: visit.id, onConnected: () => undefined } as unknown as RemoteRun);
  expect(masked).toBe('debian-goodies ••• •••');
});

it('so does a change', async () => {
  const database = await createTestDatabase();
  const runner = new SshDetachedRunner(connections, await database.dataSource(), new SystemClock());
  const session = await runner.open(visit);
  await session.read({ script: '' });
  expect(masked).toBe('debian-goodies ••• •••');
  await session.close();
  await database.drop();
});
