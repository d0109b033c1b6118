import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { Injectable } from '@nestjs/common';

export interface ScriptText {
  readonly text: string;
  /** Hexadecimal, of the file's bytes. */
  readonly sha256: string;
}

/** The scripts that run on machines. Read once: a file that changes under a running program would not match its hash. */
@Injectable()
export class ActionScripts {
  private readonly scripts = new Map<string, Promise<ScriptText>>();

  read(file: string): Promise<ScriptText> {
    const known = this.scripts.get(file);
    if (known !== undefined) return known;
    const reading = load(file);
    this.scripts.set(file, reading);
    reading.catch(() => this.scripts.delete(file));
    return reading;
  }
}

async function load(file: string): Promise<ScriptText> {
  const bytes = await readFile(file);
  return { text: bytes.toString('utf8'), sha256: createHash('sha256').update(bytes).digest('hex') };
}
