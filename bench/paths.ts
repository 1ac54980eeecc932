import { fileURLToPath } from 'node:url';

/** The checkout: this file and what it is bundled into (`.bench/bin/`) lie two floors below. */
export const inCheckout = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));
/** What the bench installs, compiles and writes; git does not see it. */
export const inBench = (path: string): string => inCheckout(`.bench/${path}`);
