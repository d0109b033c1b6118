export class HealthDto {
  /** Always `ok`; a server that is not well answers with a problem. */
  status: string;
}

export class SystemDto {
  version: string;
  /** What the answering process does: `all`, `api` or `worker`. */
  role: string;
  databaseVersion: string;
  nodeVersion: string;
  /** False: ssh2 runs on its slower JavaScript crypto, since its native part could not be built here. */
  nativeSshCrypto: boolean;
}
