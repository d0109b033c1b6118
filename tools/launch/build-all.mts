import { build } from './build.mts';
import { fail } from './output.mts';

/** `npm run build`: server and portal, what changed of them. */
build().catch(fail);
