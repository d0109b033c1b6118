import { queryRows } from '../../kernel/database/rows';
import type { Transaction, TransactionRunner } from '../../kernel/database/transaction';

/**
 * Whoever decides by the windows while somebody edits them goes by those of before, and may store the decision after the edit
 * has looked at what waits. So what is stored is decided anew until nobody is left who can have seen other windows than
 * there are now. Each process finds that out for itself, after its start too: nothing of it is kept, and nobody waits for it.
 */
export class EarlierWindows {
  private known: string | null = null;
  /** Transactions before this one may have seen others; null: none of them is left. */
  private before: bigint | null = null;

  /**
   * To be called again and again.
   * @param decideAnew decides what waits; when it fails, the next call tries again
   */
  async outlive(transactions: TransactionRunner, decideAnew: (tx: Transaction) => Promise<void>): Promise<void> {
    const oldest = await transactions.run((tx) => this.look(tx));
    if (this.before === null) return;
    const last = oldest >= this.before;
    await transactions.run(decideAnew);
    if (last) this.before = null;
  }

  /** @returns the number of the oldest transaction that had not ended */
  private async look({ manager }: Transaction): Promise<bigint> {
    const [found] = await queryRows<{ windows: string; oldest: string }>(manager, LOOK);
    if (found === undefined) throw new Error('the database did not tell how the windows stand');
    if (found.windows !== this.known) {
      // Whoever decides holds a row first, of the machine or of the run, and so has a number before it reads the windows.
      const [here] = await queryRows<{ number: string }>(manager, HERE);
      if (here === undefined) throw new Error('the database gave the transaction no number');
      this.before = BigInt(here.number);
      this.known = found.windows;
    }
    return BigInt(found.oldest);
  }
}

/** A row has another `xmin` after every change. */
const LOOK = `
  SELECT COALESCE((SELECT string_agg(concat(id, ' ', xmin), ' ' ORDER BY id) FROM maintenance_windows), '') AS windows,
    pg_snapshot_xmin(pg_current_snapshot())::text AS oldest`;

const HERE = 'SELECT pg_current_xact_id()::text AS number';
