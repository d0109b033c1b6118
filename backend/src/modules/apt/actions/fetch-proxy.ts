import { Injectable } from '@nestjs/common';
import { originOf } from '../../../kernel/audit/request-origin';
import type { ActionContext, ActionScript } from '../../jobs/actions/job-action';
import { AptProxies } from '../../machines/apt-proxies';

/** The proxy of a machine as scripts take it that fetch something: `15-proxy.sh` says what it makes of it. */
@Injectable()
export class FetchProxy {
  constructor(private readonly proxies: AptProxies) {}

  /** @throws DomainError `not_found` */
  async of(
    { machineId, requestedBy }: Pick<ActionContext, 'machineId' | 'requestedBy'>,
    purpose: string,
  ): Promise<Required<Pick<ActionScript, 'parameters' | 'secrets'>>> {
    const proxy = await this.proxies.take(machineId, purpose, originOf(requestedBy));
    // The run masks `secrets` itself from here on.
    proxy.release();
    const { mode, url } = proxy;
    return {
      parameters: { PROXY_MODE: mode, ...(url === null ? {} : { PROXY_URL: url }) },
      secrets: url === null ? [] : secretsIn(url),
    };
  }
}

/** The password as it stands in the address, and as a program may print it. */
function secretsIn(url: string): string[] {
  const { password } = new URL(url);
  return password === '' ? [] : [password, decodeURIComponent(password)];
}
