import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { EtcdStore } from '../../../../src/adapters/etcd/store.js';
import { VARIABLE_NAMES } from '../../../../src/core/settings/environment/variables.js';
import { type Etcd, startEtcd } from '../../../support/etcd/etcd.js';
import { aLogger } from '../../../support/logger.js';

let etcd: Etcd;
let store: EtcdStore;
/** Of the store's clock: a token must be old enough for another to be asked for. */
let laterMs = 0;

beforeAll(async () => {
	etcd = await startEtcd({ rootPassword: 'secret', args: ['--bcrypt-cost', '4'] });
});
afterEach(() => store.close());
afterAll(() => etcd.stop());

function connect(): void {
	const clock = { now: () => performance.now() + laterMs };
	const auth = { username: 'root', password: 'secret' };
	const options = {
		endpoints: [etcd.endpoint],
		auth,
		tls: null,
		callTimeoutMs: 5_000,
		dialTimeoutMs: 15_000,
		authRetryMs: 5_000,
		names: VARIABLE_NAMES,
	};
	store = new EtcdStore(options, clock, aLogger().logger);
}

/** How many tokens etcd was asked for meanwhile. */
async function asked(work: () => Promise<unknown>): Promise<number> {
	const before = (await etcd.metrics()).handled('Authenticate');
	await work();
	return (await etcd.metrics()).handled('Authenticate') - before;
}

test('the first read and the grant beside it ask for one token', async () => {
	connect();
	expect(await asked(() => Promise.all([store.read(['a']), store.grant('4711', 60)]))).toBe(1);
});

test('calls whose token died together ask for one token, and none of them fails', async () => {
	connect();
	await store.read(['a']);
	await etcd.ctl('auth', 'disable');
	await etcd.ctl('auth', 'enable');
	laterMs += 10_000;
	expect(await asked(() => Promise.all(Array.from({ length: 8 }, () => store.read(['a', 'b']))))).toBe(1);
});

test('once in a token’s life: a hundred calls ask for one', async () => {
	connect();
	expect(
		await asked(async () => {
			for (let n = 0; n < 100; n += 1) await store.read(['a']);
		}),
	).toBe(1);
});
