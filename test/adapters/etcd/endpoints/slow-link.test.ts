import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { TlsPaths } from '../../../../src/adapters/etcd/connection/tls-files.js';
import type { EtcdStore } from '../../../../src/adapters/etcd/store.js';
import { type Etcd, startEtcd } from '../../../support/etcd/etcd.js';
import { aRealStore } from '../../../support/etcd/real-store.js';
import { createAuthority } from '../../../support/etcd/tls.js';
import { startProxy, type TcpProxy } from '../../../support/network/proxy.js';
import { until } from '../../../support/until.js';

let plain: Etcd;
let secure: Etcd;
let tls: TlsPaths;
let proxy: TcpProxy;
const stores: EtcdStore[] = [];

beforeAll(async () => {
	const authority = createAuthority();
	const client = authority.issue('client');
	tls = { caFile: authority.ca, certFile: client.cert, keyFile: client.key };
	[plain, secure] = await Promise.all([
		startEtcd(),
		startEtcd({ tls: { ca: authority.ca, server: authority.issue('server'), client } }),
	]);
});
afterAll(() => Promise.all([plain.stop(), secure.stop()]));
afterEach(async () => {
	for (const store of stores.splice(0)) store.close();
	await proxy.close();
});

/** A store on a link that takes so long each way. */
async function connect(etcd: Etcd, oneWayMs: number): Promise<EtcdStore> {
	proxy = await startProxy(etcd.endpoint);
	proxy.delay({ ms: oneWayMs });
	const isSecure = etcd === secure;
	const endpoint = proxy.endpoint.replace('http:', isSecure ? 'https:' : 'http:');
	const { store } = aRealStore([endpoint], { tls: isSecure ? tls : null });
	stores.push(store);
	return store;
}
/** As a pass does: cut after six seconds, and tried again. */
const readInPasses = (store: EtcdStore) =>
	until(() => store.read(['a', 'b'], AbortSignal.timeout(6_000)), { limitMs: 40_000 });

test.each([
	['plain', 550],
	['plain', 950],
	['TLS', 350],
	['TLS', 550],
	['TLS', 950],
] as const)(
	'%s, %i ms each way, a deadline of two seconds for a call: it connects, comes back from a reset, and dials at a pace',
	async (kind, oneWayMs) => {
		const store = await connect(kind === 'TLS' ? secure : plain, oneWayMs);
		await readInPasses(store);
		// A round trip of connecting, one more with TLS, the settings and the answer: meanwhile one dial each
		// half second.
		expect(proxy.accepted).toBeLessThanOrEqual(2 + (oneWayMs * 8) / 500);
		await until(() => proxy.connections === 1);
		proxy.reset();
		await until(() => proxy.connections === 0);
		await readInPasses(store);
		await until(() => proxy.connections === 1);
	},
);

test('a connection that is still being made outlives the read that began it, and serves the next', async () => {
	const store = await connect(secure, 700);
	const cut: unknown[] = [];
	await until(async () => {
		cut.push(await store.read(['a'], AbortSignal.timeout(1_000)).catch((error: unknown) => error));
		return store.endpoint() !== null;
	});
	expect(cut.length).toBeGreaterThan(2);
	for (const end of cut) expect(end).toMatchObject({ code: 'aborted' });
	await store.read(['a']);
});

test('what dials for nobody ends at the dial time-out, or when the store is closed', async () => {
	proxy = await startProxy(plain.endpoint);
	await proxy.mode('blackhole');
	const { store } = aRealStore([proxy.endpoint], { dialTimeoutMs: 1_500 });
	stores.push(store);
	await expect(store.read(['a'], AbortSignal.timeout(700))).rejects.toMatchObject({ code: 'aborted' });
	expect(proxy.connections).toBeGreaterThan(0);
	await until(() => proxy.connections === 0);
	await expect(store.read(['a'], AbortSignal.timeout(700))).rejects.toMatchObject({ code: 'aborted' });
	store.close();
	await until(() => proxy.connections === 0, { limitMs: 1_000 });
});
