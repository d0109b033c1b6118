import { inject, Injectable } from '@angular/core';
import { Api } from '../../api/api';
import { networksChange, networksCreate, networksList, networksRemove } from '../../api/functions';
import type { NetworkDto, SaveNetworkDto } from '../../api/models';

/** The part of the API that is about networks. */
@Injectable({ providedIn: 'root' })
export class NetworksApi {
  private readonly api = inject(Api);

  list(): Promise<NetworkDto[]> {
    return this.api.invoke(networksList);
  }

  /** @param before the network that it changes, as it was on the screen; null: a new one */
  save(before: NetworkDto | null, network: SaveNetworkDto): Promise<NetworkDto> {
    return before === null
      ? this.api.invoke(networksCreate, { body: network })
      : this.api.invoke(networksChange, { id: before.id, body: { ...network, seen: before.updatedAt } });
  }

  async remove({ id, updatedAt }: NetworkDto): Promise<void> {
    await this.api.invoke(networksRemove, { id, seen: updatedAt });
  }
}
