import { runBundled } from './bundle.mjs';

/** `make bench`. `--help` lists the rows. */
await runBundled('main');
