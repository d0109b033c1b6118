import { setFlagsFromString } from 'node:v8';

/**
 * Imported before anything else by whatever ends by `process.exit`. There Node 24 waits for its background threads, and one
 * that compiles by Sparkplug may at that moment wait for a collection by the main thread: both wait for ever, and a start
 * that was refused, or a worker that was told to stop, does not end (nodejs/node#54918). On the main thread the same functions
 * are compiled in small batches. To be dropped once Node waits no more.
 */
setFlagsFromString('--no-concurrent-sparkplug');
