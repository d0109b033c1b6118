/**
 * Where the application's time comes from; the class itself is the injection token. Leases and expiries of locks do
 * not use it: they go by the database's clock, which all workers share.
 */
export abstract class Clock {
  abstract now(): Date;
}

/** The machine's own clock. */
export class SystemClock extends Clock {
  override now(): Date {
    return new Date();
  }
}
