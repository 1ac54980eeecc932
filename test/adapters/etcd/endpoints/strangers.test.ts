import { status } from '@grpc/grpc-js';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type Etcd, startEtcd } from '../../../support/etcd/etcd.js';
import { aRealStore } from '../../../support/etcd/real-store.js';
import {
	Refusal,
	type Stranger,
	startGrpcStranger,
	startHttpStranger,
} from '../../../support/etcd/stranger.js';
import { freePort } from '../../../support/network/net.js';
import { startProxy, type TcpProxy } from '../../../support/network/proxy.js';
import { until } from '../../../support/until.js';

let etcd: Etcd;
let other: Etcd;
const closing: { close(): unknown }[] = [];

beforeAll(async () => {
	[etcd, other] = await Promise.all([startEtcd(), startEtcd()]);
});
afterAll(() => Promise.all([etcd.stop(), other.stop()]));
afterEach(async () => {
	for (const each of closing.splice(0)) await each.close();
});
const kept = <T extends { close(): unknown }>(each: T): T => {
	closing.push(each);
	return each;
};
function connect(endpoints: readonly string[]) {
	const real = aRealStore(endpoints, { callTimeoutMs: 1_000 });
	kept(real.store);
	return real;
}

const header = { cluster_id: '7', member_id: '8', revision: '1', raft_term: '2' };
const learner = (code: status) => () => new Refusal(code, 'etcdserver: rpc not supported for learner');
/** In the manner of kine: an answer without a cluster, a lease that is not the one asked for. */
const kine = {
	Range: () => ({ header: { revision: '5' }, kvs: [] }),
	LeaseGrant: ({ TTL }: Readonly<Record<string, unknown>>) => ({ header: { revision: '5' }, ID: TTL, TTL }),
};
const STRANGERS: readonly (readonly [string, () => Promise<Stranger>, code: string, message: RegExp])[] = [
	['another gRPC service', () => startGrpcStranger({}), 'not-etcd', /is not an etcd: another gRPC service/],
	['a proxy that answers 403', () => startHttpStranger(403), 'not-etcd', /is not an etcd: .* status 403/],
	['a proxy that answers 503', () => startHttpStranger(503), 'unavailable', /proxy answers with status 503/],
	[
		'a learner of 3.5',
		() => startGrpcStranger({ Range: learner(status.UNAVAILABLE) }),
		'unavailable',
		/learner.*configure voting members/,
	],
	[
		'a learner of 3.6',
		() => startGrpcStranger({ Range: learner(status.FAILED_PRECONDITION) }),
		'unavailable',
		/learner.*configure voting members/,
	],
	['kine', () => startGrpcStranger(kine), 'not-etcd', /is not an etcd: .*kine \(k3s\)/],
];

test.each(STRANGERS)(
	'%s first in the list: the etcd behind it wins at once and stays',
	async (_name, start) => {
		const stranger = kept(await start());
		const { store } = connect([stranger.endpoint, etcd.endpoint]);
		for (let n = 0; n < 3; n += 1) await store.read(['a']);
		expect(store.endpoint()).toBe(etcd.endpoint);
		expect(await store.grant('500', 30)).toBe(30);
		await store.revoke('500');
		expect(stranger.calls).toBeLessThanOrEqual(1);
	},
);

test.each(STRANGERS)('%s alone: the error says what it is', async (_name, start, code, message) => {
	const stranger = kept(await start());
	const { store } = connect([stranger.endpoint]);
	await expect(store.read(['a'])).rejects.toMatchObject({ name: 'StoreError', code });
	await expect(store.read(['a'])).rejects.toThrow(message);
	expect(store.endpoint()).toBeNull();
});

test.each(STRANGERS)(
	'%s at fail-over: it does not win, and the etcd that comes back does',
	async (_name, start) => {
		const [stranger, proxy] = [kept(await start()), kept(await startProxy(etcd.endpoint))];
		const { store } = connect([proxy.endpoint, stranger.endpoint]);
		await store.read(['a']);
		await proxy.mode('refuse');
		await expect(until(() => store.read(['a']), { limitMs: 500 })).rejects.toThrow();
		await proxy.mode('pass');
		await until(() => store.read(['a']));
		expect(store.endpoint()).toBe(proxy.endpoint);
	},
);

test('a stranger beside an etcd that is down: the error tells of both', async () => {
	const stranger = kept(await startGrpcStranger({}));
	const { store } = connect([`http://127.0.0.1:${await freePort()}`, stranger.endpoint]);
	await expect(store.read(['a'])).rejects.toMatchObject({
		code: 'unreachable',
		message: expect.stringMatching(/connection refused; .* is not an etcd: another gRPC service/),
	});
});

test('what passes for an etcd and grants other leases than asked for, or none, is named at the grant', async () => {
	const Range = () => ({ header, kvs: [] });
	for (const answers of [
		{ Range, LeaseGrant: kine.LeaseGrant },
		{ Range, LeaseGrant: ({ ID }: Readonly<Record<string, unknown>>) => ({ header, ID, TTL: ID }) },
		{ Range },
	]) {
		const stranger = kept(await startGrpcStranger(answers));
		const { store } = connect([stranger.endpoint]);
		await store.read(['a']);
		await expect(store.grant('501', 30)).rejects.toMatchObject({ name: 'StoreError', code: 'not-etcd' });
	}
});

/** Two etcds of different clusters behind proxies, the first of them known. */
async function twoClusters() {
	const [first, second]: TcpProxy[] = [
		kept(await startProxy(etcd.endpoint)),
		kept(await startProxy(other.endpoint)),
	];
	if (first === undefined || second === undefined) throw new Error('no proxies');
	const { store, lines } = connect([first.endpoint, second.endpoint]);
	const { clusterId } = await store.read(['a']);
	return { first, second, store, lines, clusterId };
}

test('an endpoint of another cluster does not win while one of the known cluster answers, and that is reported once', async () => {
	const { first, second, store, lines, clusterId } = await twoClusters();
	for (let n = 0; n < 3; n += 1) {
		first.delay({ ms: 300 });
		expect((await store.read(['a'])).clusterId).toBe(clusterId);
		expect(store.endpoint()).toBe(first.endpoint);
		first.reset();
		await until(() => first.connections === 0);
	}
	expect(second.accepted).toBeGreaterThan(0);
	expect(lines.map(({ level, message }) => [level, message])).toEqual([
		['error', expect.stringMatching(/two etcd clusters.*endpoints of one cluster only/)],
	]);
	expect(lines[0]).toMatchObject({ fields: { endpoint: first.endpoint, otherEndpoint: second.endpoint } });
});

test('an etcd that replaced the known one is accepted when nobody of the known cluster answers', async () => {
	const { first, second, store, lines, clusterId } = await twoClusters();
	await first.mode('refuse');
	const { clusterId: next } = await until(() => store.read(['a']));
	expect(next).not.toBe(clusterId);
	expect(store.endpoint()).toBe(second.endpoint);
	expect(lines).toEqual([]);
});

test('the same where the known cluster is silent', async () => {
	const { first, second, store, clusterId } = await twoClusters();
	await first.mode('blackhole');
	expect((await until(() => store.read(['a']))).clusterId).not.toBe(clusterId);
	expect(store.endpoint()).toBe(second.endpoint);
});
