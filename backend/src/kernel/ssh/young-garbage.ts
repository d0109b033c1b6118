import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** After so many bytes from machines, their buffers are collected. */
const COLLECT_EVERY = 8 * 1024 * 1024;

type Collect = (options: { readonly type: 'minor' }) => void;

let collect: Collect | undefined;
let received = 0;

/**
 * Notes bytes that came from a machine. Their buffers lie outside the heap, so what machines flood us with looks small to the
 * garbage collector, which lets hundreds of megabytes pile up before its young generation is full. It is told to look at that
 * generation after every few megabytes of them; then the generation itself may be as large as makes collecting cheap.
 */
export function noteReceived(bytes: number): void {
  received += bytes;
  if (received < COLLECT_EVERY) return;
  received = 0;
  collect ??= collector();
  collect({ type: 'minor' });
}

/** V8's own function, which a context gets that is made while the flag is set. */
function collector(): Collect {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as Collect;
}
