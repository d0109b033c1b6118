import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { AuditLog } from '../../kernel/audit/audit-log';
import type { RequestOrigin } from '../../kernel/audit/request-origin';
import { invalidInput, notFound } from '../../kernel/errors/domain-error';
import { secretRegistry } from '../../kernel/logging/secret-registry';
import { Keyring } from '../../kernel/secrets/keyring';
import type { AptProxyInputDto } from './dto/machine-input.dto';
import type { AptProxyMode } from './entities/machines.values';
import { MachinesRepository, type EditableMachine, type MachineRow } from './machines.repository';
import { say } from './machines.sentences';

const place = (machineId: string) => ({ table: 'machines', rowId: machineId, column: 'enc_apt_proxy_password' });

type StoredProxy = Pick<EditableMachine, 'aptProxyMode' | 'aptProxyUrl' | 'encAptProxyPassword'>;

/** The proxy of a machine while a run uses it. */
export interface HeldProxy {
  readonly mode: AptProxyMode;
  /** With user name and password; null unless the mode is `custom`. */
  readonly url: string | null;
  /** The password and the forms in which it may turn up; for masking. */
  readonly values: readonly string[];
  /** Drops the password. May be called twice. */
  release(): void;
}

/** Which proxy apt uses on a machine. Its password is encrypted and write-only like every other. */
@Injectable()
export class AptProxies {
  constructor(
    private readonly dataSource: DataSource,
    private readonly repository: MachinesRepository,
    private readonly keyring: Keyring,
    private readonly audit: AuditLog,
  ) {}

  /**
   * The columns after a change. A password stays only while its proxy stays the same: otherwise whoever may edit a
   * machine could have it sent to an address of his own.
   */
  merge(machineId: string, stored: StoredProxy, input: AptProxyInputDto | undefined): StoredProxy {
    if (input === undefined) {
      const { aptProxyMode, aptProxyUrl, encAptProxyPassword } = stored;
      return { aptProxyMode, aptProxyUrl, encAptProxyPassword };
    }
    if (input.mode !== 'custom') {
      this.refuseUnused(input);
      return { aptProxyMode: input.mode, aptProxyUrl: null, encAptProxyPassword: null };
    }
    const url = input.url ?? null;
    if (url === null) throw invalidInput([{ field: 'aptProxy.url', message: say.proxy_url_needed({ field: 'url' }) }]);
    const kept = input.password === undefined && url === stored.aptProxyUrl ? stored.encAptProxyPassword : null;
    const password = input.password ?? null;
    if (password !== null && new URL(url).username === '') {
      throw invalidInput([{ field: 'aptProxy.url', message: say.proxy_user_needed({ field: 'url' }) }]);
    }
    const sealed = password === null ? kept : this.keyring.encrypt(place(machineId), password);
    return { aptProxyMode: 'custom', aptProxyUrl: url, encAptProxyPassword: sealed };
  }

  /**
   * The proxy to use in a run. Decrypting is audited before it happens.
   * @throws DomainError `not_found`
   */
  async take(machineId: string, purpose: string, origin: RequestOrigin): Promise<HeldProxy> {
    const machine = await this.repository.find(machineId);
    if (machine === null) throw notFound('machine');
    const { aptProxyMode: mode, aptProxyUrl: url, encAptProxyPassword: sealed } = machine;
    if (mode !== 'custom' || url === null || sealed === null) {
      return { mode, url: mode === 'custom' ? url : null, values: [], release: () => undefined };
    }
    await this.audit.record(this.dataSource.manager, {
      ...origin,
      action: 'apt_proxy.used',
      objectType: 'machines',
      objectId: machineId,
      machineId,
      outcome: 'ok',
      details: { purpose },
    });
    return heldProxy(url, this.keyring.decrypt(place(machineId), sealed));
  }

  /**
   * What must be masked in whatever a machine says, in any run: the machine knows its proxy's password too. It goes
   * nowhere, so this is no use that is audited.
   */
  hide(machine: Pick<MachineRow, 'id' | 'encAptProxyPassword'>): Pick<HeldProxy, 'values' | 'release'> {
    const { id, encAptProxyPassword: sealed } = machine;
    return sealed === null ? { values: [], release: () => undefined } : held(this.keyring.decrypt(place(id), sealed));
  }

  private refuseUnused(input: AptProxyInputDto): void {
    const unused = (['url', 'password'] as const).filter((field) => (input[field] ?? null) !== null);
    if (unused.length === 0) return;
    throw invalidInput(
      unused.map((field) => ({ field: `aptProxy.${field}`, message: say.proxy_custom_only({ field }) })),
    );
  }
}

function heldProxy(address: string, password: string): HeldProxy {
  const url = new URL(address);
  url.password = encodeURIComponent(password);
  return { mode: 'custom', url: url.toString(), ...held(password, url.password) };
}

/** Known to every log and document until it is released. */
function held(password: string, ...forms: readonly string[]): Pick<HeldProxy, 'values' | 'release'> {
  const values = [...new Set([password, encodeURIComponent(password), ...forms])];
  const forget = values.map((value) => secretRegistry.register(value));
  return {
    values,
    release: () => {
      for (const each of forget) each();
    },
  };
}
