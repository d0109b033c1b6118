/** Algorithms that a server offers, from its SSH_MSG_KEXINIT (RFC 4253, 7.1). */
export interface OfferedAlgorithms {
  readonly kex: readonly string[];
  readonly hostKey: readonly string[];
  readonly cipher: readonly string[];
  readonly mac: readonly string[];
}

/** More than this before the identification line, and the other side is flooding (RFC 4253 allows some lines). */
const maxPreamble = 32 * 1024;
/** More than this before the login is finished, and the other side is flooding. */
const maxBeforeLogin = 1024 * 1024;
const maxKexInit = 35_000;
const kexInit = 20;

/**
 * Listens in on the clear-text beginning of a connection: the lines before the server's identification, the
 * identification itself and the algorithms it offers. The library tells none of this when a handshake fails, and its
 * own limits are wide enough (8 MiB, copied at every chunk) to keep a worker busy.
 */
export class HandshakeTap {
  private buffer: Buffer = Buffer.alloc(0);
  private received = 0;
  private preambleBytes = 0;
  private reading = true;
  /** Lines before the identification, cut at 4 KiB: `Not allowed at this time`, an HTTP answer … */
  preamble = '';
  /** `SSH-2.0-OpenSSH_9.2p1 Debian-2`, once seen. */
  ident: string | undefined;
  offered: OfferedAlgorithms | undefined;
  /** Set once the server sent more than a server has to say at this point. */
  flooding = false;

  push(chunk: Buffer): void {
    this.received += chunk.length;
    if (this.received > maxBeforeLogin) this.flooding = true;
    if (!this.reading) return;
    this.buffer = this.buffer.length === 0 ? chunk : Buffer.concat([this.buffer, chunk]);
    if (this.ident === undefined) this.readLines();
    if (this.ident !== undefined) this.readPackets();
  }

  /** What the server said before identifying itself, an unfinished line included. */
  get text(): string {
    const rest = this.ident === undefined ? this.buffer.toString('latin1', 0, 4096) : '';
    return (this.preamble + rest).slice(0, 4096);
  }

  private readLines(): void {
    for (let end = this.buffer.indexOf(10); end >= 0; end = this.buffer.indexOf(10)) {
      const line = this.buffer.toString('latin1', 0, end).replace(/\r$/, '');
      this.buffer = this.buffer.subarray(end + 1);
      if (line.startsWith('SSH-')) {
        this.ident = line.slice(0, 255);
        return;
      }
      this.preambleBytes += end + 1;
      if (this.preamble.length < 4096) this.preamble += `${line}\n`;
      if (this.preambleBytes > maxPreamble) break;
    }
    if (this.preambleBytes + this.buffer.length <= maxPreamble) return;
    this.flooding = true;
    this.stopReading();
  }

  private readPackets(): void {
    while (this.buffer.length >= 6) {
      const length = this.buffer.readUInt32BE(0);
      if (length < 2 || length > maxKexInit) {
        this.stopReading();
        return;
      }
      if (this.buffer.length < 4 + length) return;
      const payload = this.buffer.subarray(5, 4 + length - (this.buffer[4] ?? 0));
      this.buffer = this.buffer.subarray(4 + length);
      if (payload[0] !== kexInit) continue;
      this.offered = readKexInit(payload);
      this.stopReading();
      return;
    }
  }

  private stopReading(): void {
    this.reading = false;
    this.buffer = Buffer.alloc(0);
  }
}

function readKexInit(payload: Buffer): OfferedAlgorithms | undefined {
  const lists: string[][] = [];
  let at = 17;
  while (lists.length < 6) {
    if (at + 4 > payload.length) return undefined;
    const end = at + 4 + payload.readUInt32BE(at);
    if (end > payload.length) return undefined;
    lists.push(
      payload
        .toString('latin1', at + 4, end)
        .split(',')
        .filter(Boolean),
    );
    at = end;
  }
  const [kex = [], hostKey = [], cipher = [], , mac = []] = lists;
  return { kex, hostKey, cipher, mac };
}
