import type { TestContext } from 'vitest';
import { type DiscoverOptions, type Discovery, discover } from '../../src/discovery.js';
import { createRegistrar, type Registrar } from '../../src/index.js';
import { until } from '../support/until.js';

type Ending = Pick<TestContext, 'onTestFinished'>;

/** A discovery of `user` and everything it has ever shown since it was ready. */
export interface Watched {
	readonly users: Discovery;
	/** The addresses of each state, `,` between; the first is the one it began with. */
	readonly shown: readonly string[];
	/** How often it has become stale. */
	readonly stale: () => number;
	/** Resolves once exactly these are shown. */
	shows(...addrs: readonly string[]): Promise<void>;
	is(state: 'fresh' | 'stale'): Promise<void>;
}

export const addrsOf = ({ instances }: Pick<Discovery, 'instances'>): string =>
	instances.map(({ addr }) => addr).join();

export async function watched(
	{ onTestFinished }: Ending,
	options: Pick<DiscoverOptions, 'endpoints'> & Partial<DiscoverOptions>,
): Promise<Watched> {
	const users = discover({ name: 'user', ...options });
	onTestFinished(() => users.close());
	await users.ready();
	const shown = [addrsOf(users)];
	let stale = 0;
	users.on('changed', (now) => shown.push(addrsOf(now)));
	users.on('stale', () => {
		stale += 1;
	});
	return {
		users,
		shown,
		stale: () => stale,
		async shows(...addrs) {
			await until(() => addrsOf(users) === [...addrs].sort().join(), { what: `${addrs} to be shown` });
		},
		async is(state) {
			await until(() => users.status().state === state, { what: `${state}: ${users.status().lastError}` });
		},
	};
}

/**
 * A registrar of `user` for each of the addresses, each with a lease of its own; resolves once all are
 * registered.
 */
export async function registrars(
	{ onTestFinished }: Ending,
	endpoints: string,
	addrs: readonly string[],
	options: {
		readonly ttlSeconds?: number;
		readonly auth?: { readonly username: string; readonly password: string };
	} = {},
): Promise<Registrar[]> {
	return await Promise.all(
		addrs.map(async (addr) => {
			const registrar = createRegistrar({
				...{ endpoints, ttlSeconds: 2, stopTimeoutMs: 500, services: [{ name: 'user', addr }] },
				...options,
			});
			onTestFinished(() => registrar.stop());
			await registrar.start();
			await registrar.ready();
			return registrar;
		}),
	);
}
