/** A daily time, of UTC, that is half a day away: a schedule of it does not come due while a test runs, whenever that is. */
export function dailyElsewhen(now = new Date()): { readonly cron: string; readonly timezone: string } {
  return { cron: `30 ${String((now.getUTCHours() + 12) % 24)} * * *`, timezone: 'UTC' };
}
