import { EtcdStore, type EtcdStoreOptions } from '../../../src/adapters/etcd/store.js';
import { monotonicClock } from '../../../src/adapters/host/clock.js';
import { VARIABLE_NAMES } from '../../../src/core/settings/environment/variables.js';
import { aLogger } from '../logger.js';

/** Tells people what a test's store logged, and closes it after the test. */
export function aRealStore(
	endpoints: readonly string[],
	options: Partial<Omit<EtcdStoreOptions, 'endpoints'>> = {},
) {
	const { logger, lines } = aLogger();
	const store = new EtcdStore(
		{
			endpoints,
			auth: null,
			tls: null,
			callTimeoutMs: 2_000,
			dialTimeoutMs: 15_000,
			authRetryMs: 5_000,
			names: VARIABLE_NAMES,
			...options,
		},
		monotonicClock,
		logger,
	);
	return { store, lines };
}
