import { ApiProperty } from '@nestjs/swagger';
import { saidIn, type SaidByField } from '../sentences/said';
import { ApiSaid } from '../sentences/said.dto';
import type { Sentence } from '../sentences/sentences';
import type { Reading, UnreadableReason } from './contracts';
import { say } from './contracts.sentences';

const REASONS: readonly UnreadableReason[] = ['newer', 'unknown', 'damaged'];

/** A stored document, with what this program knows of it. */
export class DocumentDto {
  /** Name of its contract. */
  contract: string;
  /** As it was stored; 0 from before documents named their version, null when it names none that there is. */
  schemaVersion: number | null;
  /** Null: it was read. Else why it was not, and is given as it stands in the database. */
  @ApiProperty({ enum: REASONS, nullable: true, type: String })
  unreadable: UnreadableReason | null;
  /** The same as a sentence. */
  notice: string | null;
  /** Of `notice`, and of the document's own sentences by their place: `errors.0.message`. */
  @ApiSaid()
  said: SaidByField;
  /** In the current version of the contract when it was read. */
  @ApiProperty({ description: 'Any JSON.', type: 'object', additionalProperties: true, nullable: true })
  document: unknown;
}

/** @param sentences where the document holds sentences for people, as its contract says */
export function toDocument(
  contract: string,
  reading: Reading<unknown>,
  sentences: readonly string[] = [],
): DocumentDto {
  const unreadable = reading.readable ? null : reading.reason;
  const notice = unreadable === null ? null : noticeOf(contract, unreadable, reading.version);
  return {
    contract,
    schemaVersion: reading.version,
    unreadable,
    notice,
    said: { ...saidIn({ notice }, ['notice']), ...(reading.readable ? saidAt(reading.document, sentences) : {}) },
    document: reading.document,
  };
}

/** The sentences at some places of a document, by each place. */
function saidAt(document: unknown, paths: readonly string[]): SaidByField {
  const texts = Object.fromEntries(paths.flatMap((path) => valuesAt(document, path.split('.'), '')));
  return saidIn(texts, Object.keys(texts));
}

function valuesAt(value: unknown, [first, ...rest]: readonly string[], place: string): [string, unknown][] {
  if (first === undefined) return [[place.slice(1), value]];
  if (typeof value !== 'object' || value === null) return [];
  const keys = first === '*' ? Object.keys(value) : [first];
  return keys.flatMap((key) => valuesAt((value as Record<string, unknown>)[key], rest, `${place}.${key}`));
}

/** Of several documents those that could not be read, by their contracts. */
export function unreadable(readings: Readonly<Record<string, Reading<unknown> | null>>): DocumentDto[] {
  return Object.entries(readings).flatMap(([contract, reading]) =>
    reading === null || reading.readable ? [] : [toDocument(contract, reading)],
  );
}

/** Why a document was not read, as a sentence. */
export function noticeOf(contract: string, reason: UnreadableReason, version: number | null): Sentence {
  return say[reason]({ document: version === null ? contract : `${contract}@${String(version)}` });
}
