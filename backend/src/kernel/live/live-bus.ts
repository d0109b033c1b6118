import type { Transaction } from '../database/transaction';

/** What changed, by id. Only a hint to read again: rows are the truth. */
export interface LiveChange {
  readonly machineIds?: readonly string[];
  readonly jobIds?: readonly string[];
  /** Jobs whose log has new lines. */
  readonly logJobIds?: readonly string[];
  /** Jobs that somebody asked to cancel. */
  readonly cancelledJobIds?: readonly string[];
  /** People whose sessions, role or status changed. */
  readonly userIds?: readonly string[];
  /** Settings of the installation. */
  readonly settingKeys?: readonly string[];
  /** People who chose something for themselves. */
  readonly preferenceUserIds?: readonly string[];
  /** Machines that are shown in another way now. */
  readonly uiMachineIds?: readonly string[];
  /** Requests for changes that were made or decided. */
  readonly requestIds?: readonly string[];
  /** Schedules that were changed, or whose occurrences went on. */
  readonly scheduleIds?: readonly string[];
  /** Maintenance windows that were made, changed or removed. */
  readonly windowIds?: readonly string[];
  /** A job may be taken now. */
  readonly work?: boolean;
}

/** What a listener is told: everything that changed since the last call, each id once. */
export interface LiveSignal {
  readonly machineIds: ReadonlySet<string>;
  readonly jobIds: ReadonlySet<string>;
  readonly logJobIds: ReadonlySet<string>;
  readonly cancelledJobIds: ReadonlySet<string>;
  readonly userIds: ReadonlySet<string>;
  readonly settingKeys: ReadonlySet<string>;
  readonly preferenceUserIds: ReadonlySet<string>;
  readonly uiMachineIds: ReadonlySet<string>;
  readonly requestIds: ReadonlySet<string>;
  readonly scheduleIds: ReadonlySet<string>;
  readonly windowIds: ReadonlySet<string>;
  readonly work: boolean;
  /** Notifications may have been missed (a lost connection, or the regular check): read again whatever you watch. */
  readonly everything: boolean;
}

export type LiveListener = (signal: LiveSignal) => void;

/** Tells all processes that rows changed. Changes are collected for a moment, so a burst costs one notification. */
export abstract class LiveBus {
  /** Announces after the commit of `tx`, and never when it rolls back. */
  changed(tx: Transaction, change: LiveChange): void {
    tx.afterCommit(() => {
      this.announce(change);
    });
  }

  /** Announces something that is committed already. Never throws and never waits. */
  abstract announce(change: LiveChange): void;

  /** Calls `listener` with the changes of all processes, this one included. @returns stops the calls */
  abstract listen(listener: LiveListener): () => void;
}
