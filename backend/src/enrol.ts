import type { INestApplicationContext } from '@nestjs/common';
import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';
import { z } from 'zod';
import { originOf } from './kernel/audit/request-origin';
import { systemActor } from './kernel/auth/actor';
import { DomainError } from './kernel/errors/domain-error';
import { parseHostKeyLine } from './kernel/ssh/host-key';
import { HostKeys } from './modules/credentials/host-keys.service';
import { JobsService } from './modules/jobs/jobs.service';
import { CreateMachineDto } from './modules/machines/dto/machine-input.dto';
import { MachineHostKeys } from './modules/machines/machine-host-keys';
import { Machines } from './modules/machines/machines.service';
import { Tags } from './modules/machines/tags.service';

const inventorySchema = z.object({
  machines: z.array(
    z.object({
      name: z.string(),
      hostname: z.string(),
      port: z.number().int(),
      username: z.string(),
      credentials: z.record(z.string(), z.unknown()),
      /** `ssh-ed25519 BASE64`: the key that the machine must show, known from elsewhere. */
      hostKey: z.string().optional(),
      tags: z.array(z.string()).default([]),
    }),
  ),
  /** Probe and analyse each machine afterwards. */
  analyse: z.boolean().default(false),
});
type Enrolment = z.infer<typeof inventorySchema>['machines'][number];

const origin = originOf(systemActor);

/**
 * Adds machines from an inventory (JSON). One whose address is known already, archived ones too, is left as it is, so that it
 * may be run again and undoes nothing that people decided meanwhile. A host key that the inventory names is approved if the
 * machine shows that very key and nobody has decided about its keys.
 *
 * @returns one line per machine
 */
export async function enrol(app: INestApplicationContext, text: string): Promise<string[]> {
  const inventory = inventorySchema.parse(JSON.parse(text));
  const lines: string[] = [];
  for (const enrolment of inventory.machines) {
    lines.push(`${enrolment.name}: ${await enrolOne(app, enrolment, inventory.analyse)}`);
  }
  return lines;
}

async function enrolOne(app: INestApplicationContext, enrolment: Enrolment, analysed: boolean): Promise<string> {
  const known = await app.get(Machines).known(enrolment.hostname, enrolment.port);
  if (known !== null && known.deletedAt !== null) return 'is archived, and stays so';
  const { id, added } = known === null ? await add(app, enrolment) : { id: known.id, added: false };
  if (known?.status === 'quarantined') return 'is in quarantine, and stays so';
  if (enrolment.hostKey !== undefined && (added || (await isUndecided(app, id))))
    await approve(app, id, enrolment.hostKey);
  if (analysed) await analyse(app, id);
  return added ? 'added' : 'was there already';
}

/** An earlier run may have been interrupted before it came to the key. */
async function isUndecided(app: INestApplicationContext, machineId: string): Promise<boolean> {
  return (await app.get(HostKeys).list(machineId)).every(({ status }) => status === 'unknown');
}

async function add(app: INestApplicationContext, enrolment: Enrolment): Promise<{ id: string; added: boolean }> {
  const { name, hostname, port, username, credentials } = enrolment;
  const given = { name, hostname, port, username, credentials, tagIds: await tagIds(app, enrolment.tags) };
  const input = plainToInstance(CreateMachineDto, given);
  const problems = validateSync(input, { whitelist: true, forbidNonWhitelisted: true });
  if (problems.length > 0)
    throw new Error(`${enrolment.name}: ${problems.map(({ property }) => property).join(', ')} refused`);
  try {
    return { id: await app.get(Machines).create(input, origin), added: true };
  } catch (error) {
    if (!(error instanceof DomainError) || error.code !== 'machine_address_taken') throw error;
    const other = error.extensions['machine'] as { id: string } | null;
    if (other === null) throw error;
    return { id: other.id, added: false };
  }
}

async function tagIds(app: INestApplicationContext, names: readonly string[]): Promise<string[]> {
  const tags = app.get(Tags);
  const known = new Map((await tags.list()).map((tag) => [tag.name, tag.id]));
  const ids: string[] = [];
  for (const name of names) ids.push(known.get(name) ?? (await tags.create({ name, color: '#5c686d' })).id);
  return ids;
}

async function approve(app: INestApplicationContext, machineId: string, line: string): Promise<void> {
  const wanted = parseHostKeyLine(line).fingerprint;
  const hostKeys = app.get(MachineHostKeys);
  const shown = (await hostKeys.scan(machineId, origin)).find((key) => key.fingerprintSha256 === wanted);
  if (shown === undefined)
    throw new Error('A machine does not show the host key of the inventory; it was not approved.');
  if (shown.status !== 'approved') await hostKeys.approve(machineId, shown.id, wanted, origin);
}

async function analyse(app: INestApplicationContext, machineId: string): Promise<void> {
  for (const action of ['machine_probe', 'apt_update_analyze']) {
    await app.get(JobsService).enqueue({ machineId, action, requestedBy: systemActor });
  }
}
