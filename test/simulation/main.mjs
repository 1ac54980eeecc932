import { bundled } from './bundled.mjs';

/** `make simulate SEEDS=20000`, `make simulate SEED=123`. */
await import(await bundled('main'));
