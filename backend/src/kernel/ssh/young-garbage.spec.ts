import { setImmediate as turn } from 'node:timers/promises';
import { noteReceived } from './young-garbage';

const MEGABYTE = 1024 * 1024;
const CHUNK = 32 * 1024;

it('lets what machines print pile up to a few of its megabytes, however much it is', async () => {
  const before = process.memoryUsage().arrayBuffers;
  let most = 0;
  for (let bytes = 0; bytes < 512 * MEGABYTE; bytes += CHUNK) {
    noteReceived(Buffer.allocUnsafeSlow(CHUNK).length);
    if (bytes % MEGABYTE > 0) continue;
    await turn();
    most = Math.max(most, process.memoryUsage().arrayBuffers - before);
  }
  expect(most).toBeLessThan(48 * MEGABYTE);
});
