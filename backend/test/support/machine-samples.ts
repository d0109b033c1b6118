import type { Client } from './test-app';

/** Credentials of every kind with values that are easy to find where they must not be. */
export const plantedSecrets = {
  password: 'Planted-ssh-password-1',
  sudoPassword: 'Planted-sudo-password-2',
  proxyPassword: 'Planted-proxy-password-3',
} as const;

export const passwordCredentials = {
  authMethod: 'password',
  password: plantedSecrets.password,
  sudoMode: 'separate',
  sudoPassword: plantedSecrets.sudoPassword,
} as const;

/** A request that adds a machine. */
export function machineInput(name: string, more: object = {}): object {
  return { name, hostname: `${name}.example`, username: 'updater', credentials: passwordCredentials, ...more };
}

/** Adds a machine and gives its id. */
export async function addMachine(client: Client, name: string, more: object = {}): Promise<string> {
  const { status, body } = (await client.post('/machines', machineInput(name, more))) as {
    status: number;
    body: { id: string };
  };
  if (status !== 201) throw new Error(`The machine was not added: ${JSON.stringify(body)}`);
  return body.id;
}
