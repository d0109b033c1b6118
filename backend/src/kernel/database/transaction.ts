import { AsyncLocalStorage } from 'node:async_hooks';
import { randomInt } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { QueryFailedError, type DataSource, type EntityManager } from 'typeorm';
import { queryRows } from './rows';

type Hook = () => void | Promise<void>;
type Isolation = 'READ COMMITTED' | 'REPEATABLE READ' | 'SERIALIZABLE';

export interface TransactionOptions {
  /** PostgreSQL's default (READ COMMITTED) when absent. Ignored by a nested run. */
  isolation?: Isolation;
  /** How often the work is tried in all when the database names it the victim of a deadlock or of serialization. */
  attempts?: number;
}

/** An open transaction. Everything done through `manager` commits together or not at all. */
export class Transaction {
  constructor(
    readonly manager: EntityManager,
    private readonly hooks: Readonly<Record<'before' | 'after', Hook[]>>,
  ) {}

  /**
   * Runs `hook` at the end of the outermost transaction's work, in the order of registration; when it fails, nothing is
   * committed. For writes that several steps share, so that they are written once.
   */
  beforeCommit(hook: Hook): void {
    this.hooks.before.push(hook);
  }

  /**
   * Runs `hook` once the outermost transaction has committed, in the order of registration; never after a rollback.
   * For what others may only see when it is true: notifications, live events.
   */
  afterCommit(hook: Hook): void {
    this.hooks.after.push(hook);
  }
}

interface Frame {
  transaction: Transaction;
  ended: boolean;
  /** The failure of a nested run: what it left half-done must not be committed by an outer catch. */
  failure?: { error: unknown };
}

const DEFAULT_ATTEMPTS = 5;
const FIRST_PAUSE_MS = 10;
/** serialization_failure, deadlock_detected */
const RETRYABLE = new Set(['40001', '40P01']);

/** Opens transactions. A run inside a run joins the outer one; only the outermost commits, retries and fires hooks. */
export class TransactionRunner {
  private readonly frames = new AsyncLocalStorage<Frame>();

  /** @param onHookError told of after-commit hooks that fail: their transaction has committed and stays so */
  constructor(
    private readonly dataSource: DataSource,
    private readonly onHookError: (error: unknown) => void = () => undefined,
  ) {}

  /**
   * Runs `work` in a transaction and resolves after the commit and its hooks.
   * `work` may run several times: what cannot be rolled back belongs into {@link Transaction.afterCommit}.
   */
  async run<T>(work: (transaction: Transaction) => Promise<T>, options: TransactionOptions = {}): Promise<T> {
    const outer = this.frames.getStore();
    if (outer && !outer.ended) return this.join(outer, work);
    const attempts = options.attempts ?? DEFAULT_ATTEMPTS;
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.attempt(work, options.isolation);
      } catch (error) {
        if (attempt >= attempts || !isRetryable(error)) throw error;
        // The rivals met at the same moment; spread them.
        await delay(FIRST_PAUSE_MS * 2 ** attempt + randomInt(FIRST_PAUSE_MS * 2 ** attempt));
      }
    }
  }

  private async join<T>(outer: Frame, work: (transaction: Transaction) => Promise<T>): Promise<T> {
    try {
      return await work(outer.transaction);
    } catch (error) {
      outer.failure ??= { error };
      throw error;
    }
  }

  private async attempt<T>(work: (transaction: Transaction) => Promise<T>, isolation?: Isolation): Promise<T> {
    const hooks = { before: new Array<Hook>(), after: new Array<Hook>() };
    const runner = this.dataSource.createQueryRunner();
    const frame: Frame = { transaction: new Transaction(runner.manager, hooks), ended: false };
    let begun = false;
    let result: T;
    try {
      // Not by the runner's own methods: what they do for subscribers, which we have none of, costs more than the statement.
      await queryRows(runner.manager, isolation === undefined ? 'BEGIN' : `BEGIN ISOLATION LEVEL ${isolation}`);
      begun = true;
      result = await this.frames.run(frame, async () => {
        const done = await work(frame.transaction);
        // A failed nested run must not be written on.
        if (!frame.failure) for (const hook of hooks.before) await hook();
        return done;
      });
      if (frame.failure) throw frame.failure.error;
      await queryRows(runner.manager, 'COMMIT');
    } catch (error) {
      // A lost connection cannot be rolled back any more, and its own error says why; the first one matters.
      if (begun && !runner.isReleased) await queryRows(runner.manager, 'ROLLBACK').catch(() => undefined);
      throw error;
    } finally {
      frame.ended = true;
      await runner.release();
    }
    await this.fire(hooks.after);
    return result;
  }

  private async fire(hooks: readonly Hook[]): Promise<void> {
    for (const hook of hooks) {
      try {
        await hook();
      } catch (error) {
        this.onHookError(error);
      }
    }
  }
}

/** Whether the work was fine, and only met a rival: it is tried again. */
export function isRetryable(error: unknown): boolean {
  return RETRYABLE.has(sqlState(error) ?? '');
}

/** SQLSTATE of a row that others refer to, or that refers to nothing. */
export const FOREIGN_KEY_VIOLATION = '23503';

/** The SQLSTATE of a failed statement, e.g. `23505` for a unique violation; null for any other error. */
export function sqlState(error: unknown): string | null {
  const cause: unknown = error instanceof QueryFailedError ? error.driverError : error;
  return cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : null;
}
