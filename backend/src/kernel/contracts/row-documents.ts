import type { Contracts, Reading } from './contracts';
import { unreadable, type DocumentDto } from './document.dto';

type Fields = Record<string, unknown>;

/** The documents of one row that is read: what cannot be read is null, and told at the end. */
export class RowDocuments {
  private readonly readings: Record<string, Reading<Fields>> = {};

  constructor(private readonly contracts: Contracts) {}

  /** The fields of a document, in the contract's current version and without its number. */
  read(contract: string, stored: unknown): Fields | null {
    if (stored === null) return null;
    const reading = this.contracts.read<Fields>(contract, stored);
    this.readings[contract] = reading;
    if (!reading.readable) return null;
    return Object.fromEntries(Object.entries(reading.document).filter(([name]) => name !== 'schema_version'));
  }

  unreadable(): DocumentDto[] {
    return unreadable(this.readings);
  }
}
