import { runBundled } from './bundle.mjs';

/**
 * What a large fleet asks of etcd, computed with the registrar's own rules and without an etcd. Prints text.
 */
await runBundled('simulate');
