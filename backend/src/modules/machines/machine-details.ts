import { Injectable } from '@nestjs/common';
import { Credentials } from '../credentials/credentials.service';
import { HostKeys, toHostKeyDto } from '../credentials/host-keys.service';
import type { CredentialsSummaryDto } from '../credentials/dto/credentials.dto';
import type { MachineDetailDto } from './dto/machine-detail.dto';
import { MachineTombstones } from './machine-tombstones';
import { MachineTiles } from './machine-tiles';
import { MachinesRepository } from './machines.repository';

/** Everything the page of one machine begins with. */
@Injectable()
export class MachineDetails {
  constructor(
    private readonly tiles: MachineTiles,
    private readonly machines: MachinesRepository,
    private readonly credentials: Credentials,
    private readonly hostKeys: HostKeys,
    private readonly tombstones: MachineTombstones,
  ) {}

  /** @throws DomainError `not_found`, `machine_purged` */
  async of(id: string): Promise<MachineDetailDto> {
    const [tile, machine, credentials, keys] = await Promise.all([
      this.tiles.one(id),
      this.machines.find(id),
      this.credentials.summary(id),
      this.hostKeys.list(id),
    ]);
    if (tile === undefined || machine === null) throw await this.tombstones.absence(id);
    const fingerprints = keys.filter((key) => key.status !== 'rejected').map((key) => key.fingerprint);
    return Object.assign(tile, {
      username: machine.username,
      aptProxy: {
        mode: machine.aptProxyMode,
        url: machine.aptProxyUrl,
        hasPassword: machine.encAptProxyPassword !== null,
      },
      credentials: credentials ?? nothingStored(machine.createdAt),
      hostKeys: keys.map(toHostKeyDto),
      duplicateHostKeyMachines: await this.machines.sharingHostKeys(id, fingerprints),
    });
  }
}

function nothingStored(updatedAt: Date): CredentialsSummaryDto {
  const nothing = { hasPassword: false, hasPrivateKey: false, hasPassphrase: false, hasSudoPassword: false };
  return { authMethod: 'password', sudoMode: 'none', ...nothing, status: 'unknown', lastTestAt: null, updatedAt };
}
