import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { Injectable } from '@nestjs/common';
import type { ActionScript } from './job-action';

export interface ScriptText {
  readonly text: string;
  /** Hexadecimal, of the bytes of its files, one after the other. */
  readonly sha256: string;
}

/** The scripts that run on machines. Read once: a file that changes under a running program would not match its hash. */
@Injectable()
export class ActionScripts {
  private readonly scripts = new Map<string, Promise<ScriptText>>();

  read(file: ActionScript['file']): Promise<ScriptText> {
    const files = typeof file === 'string' ? [file] : file;
    const name = files.join('\n');
    const known = this.scripts.get(name);
    if (known !== undefined) return known;
    const reading = load(files);
    this.scripts.set(name, reading);
    reading.catch(() => this.scripts.delete(name));
    return reading;
  }
}

async function load(files: readonly string[]): Promise<ScriptText> {
  const bytes = Buffer.concat(await Promise.all(files.map((file) => readFile(file))));
  return { text: bytes.toString('utf8'), sha256: createHash('sha256').update(bytes).digest('hex') };
}
