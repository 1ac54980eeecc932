/**
 * Readers while etcd breaks: nothing that lives is ever lost, nothing is shown that was not true, and what is
 * true is shown again soon.
 */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, type TestContext, test } from 'vitest';
import { startCluster } from '../support/etcd/cluster.js';
import { type Etcd, startEtcd } from '../support/etcd/etcd.js';
import type { EtcdOptions } from '../support/etcd/etcd-args.js';
import { freePort } from '../support/network/net.js';
import { startProxy, type TcpProxy } from '../support/network/proxy.js';
import { removeAtExit, spawnGuarded } from '../support/process/guarded.js';
import { startRegistrar } from '../support/process/registrar.js';
import { until } from '../support/until.js';
import { addrsOf, registrars, type Watched, watched } from './watched.js';

const ADDRS = ['10.0.0.1:80', '10.0.0.2:80', '10.0.0.3:80'];
const ALL = ADDRS.join();

async function anEtcd(context: TestContext, options?: EtcdOptions): Promise<Etcd> {
	const etcd = await startEtcd(options);
	context.onTestFinished(() => etcd.kill());
	return etcd;
}

/** An etcd with three registrars, and a reader behind a proxy. */
async function stage(
	context: TestContext,
	poll = 1,
): Promise<{ etcd: Etcd; proxy: TcpProxy; reader: Watched }> {
	const etcd = await anEtcd(context);
	const proxy = await startProxy(etcd.endpoint);
	context.onTestFinished(() => proxy.close());
	await registrars(context, etcd.endpoint, ADDRS);
	const reader = await watched(context, { endpoints: proxy.endpoint, pollSeconds: poll });
	expect(reader.shown).toEqual([ALL]);
	return { etcd, proxy, reader };
}

describe.concurrent('readers while etcd breaks', () => {
	test('etcd killed: the last known stay, stale, and are fresh once it is back', async (context) => {
		const { etcd, reader } = await stage(context, 60);
		await etcd.kill();
		await reader.is('stale');
		expect(addrsOf(reader.users)).toBe(ALL);
		expect(reader.users.status()).toMatchObject({ lastError: expect.any(String), instances: 3 });
		await etcd.start();
		await reader.is('fresh');
		expect([reader.shown, reader.stale()]).toEqual([[ALL], 1]);
		// The watch is back, too: long before the next poll.
		await registrars(context, etcd.endpoint, ['10.0.0.4:80']);
		await reader.shows(...ADDRS, '10.0.0.4:80');
	});

	test('etcd restarted again and again: the watch is back each time', async (context) => {
		const { etcd, reader } = await stage(context, 3_600);
		for (let n = 4; n < 9; n += 1) {
			await etcd.kill();
			await etcd.start();
			await registrars(context, etcd.endpoint, [`10.0.0.${n}:80`]);
			await until(() => reader.users.instances.length === n, { what: `the watch after restart ${n - 3}` });
		}
		expect(reader.shown.every((addrs) => addrs.startsWith(ALL))).toBe(true);
	});

	for (const newCluster of [false, true])
		test(`etcd comes back empty (${newCluster ? 'another' : 'the same'} cluster id): no registrar is ever lost`, async (context) => {
			const { etcd, reader } = await stage(context);
			await etcd.wipe({ newCluster });
			await reader.is('fresh');
			expect(reader.shown).toEqual([ALL]);
			await registrars(context, etcd.endpoint, ['10.0.0.4:80']);
			await reader.shows(...ADDRS, '10.0.0.4:80');
		});

	test('etcd restored from a snapshot that lacks one of them: it is never lost', async (context) => {
		const etcd = await anEtcd(context);
		const [first = '', ...later] = ADDRS;
		await registrars(context, etcd.endpoint, [first]);
		const folder = mkdtempSync(join(tmpdir(), 'snapshot-'));
		removeAtExit(folder);
		await etcd.snapshot(join(folder, 'db'));
		await registrars(context, etcd.endpoint, later);
		const reader = await watched(context, { endpoints: etcd.endpoint, pollSeconds: 1 });
		await etcd.restore(join(folder, 'db'));
		await reader.is('fresh');
		expect(reader.shown).toEqual([ALL]);
	});

	test('a black hole before etcd: stale, nothing lost; what came meanwhile is there once it ends', async (context) => {
		const { etcd, proxy, reader } = await stage(context, 0.5);
		await proxy.mode('blackhole');
		await reader.is('stale');
		await registrars(context, etcd.endpoint, ['10.0.0.4:80']);
		expect(reader.shown).toEqual([ALL]);
		await proxy.mode('pass');
		await reader.shows(...ADDRS, '10.0.0.4:80');
		expect(reader.shown).toEqual([ALL, `${ALL},10.0.0.4:80`]);
	});

	test('connections that fall silent: a fresh one takes over, with the watch on it', async (context) => {
		const { etcd, proxy, reader } = await stage(context, 1);
		proxy.freezeExisting();
		const dials = proxy.accepted;
		await until(() => proxy.accepted > dials);
		await registrars(context, etcd.endpoint, ['10.0.0.4:80']);
		await reader.shows(...ADDRS, '10.0.0.4:80');
		expect(reader.users.status().state).toBe('fresh');
	});

	test("a watch that is deaf (etcd's own grpc-proxy, after its etcd came back empty): the poll finds what it missed", async (context) => {
		const etcd = await anEtcd(context);
		for (let n = 0; n < 50; n += 1) await etcd.ctl('put', '/other', String(n));
		const port = await freePort();
		spawnGuarded(
			'etcd',
			['grpc-proxy', 'start', '--endpoints', etcd.endpoint, '--listen-addr', `127.0.0.1:${port}`],
			{
				stdio: 'ignore',
			},
		);
		await registrars(context, etcd.endpoint, ADDRS);
		const reader = await watched(context, { endpoints: `127.0.0.1:${port}`, pollSeconds: 1 });
		await reader.shows(...ADDRS);
		await etcd.wipe();
		await registrars(context, etcd.endpoint, ['10.0.0.4:80']);
		await reader.shows(...ADDRS, '10.0.0.4:80');
		expect(reader.shown).toEqual([ALL, `${ALL},10.0.0.4:80`]);
	});

	test('compaction after each change disturbs nobody', async (context) => {
		const { etcd, reader } = await stage(context, 60);
		for (const addr of ['10.0.0.4:80', '10.0.0.5:80']) {
			const [registrar] = await registrars(context, etcd.endpoint, [addr]);
			const { header } = (await etcd.json<{ header: { revision: string | number } }>('get', '/none')) ?? {};
			await etcd.ctl('compaction', String(header.revision));
			await reader.shows(...ADDRS, addr);
			await registrar?.stop();
			await reader.shows(...ADDRS);
		}
		expect(reader.stale()).toBe(0);
	});

	test('the member in use hangs: another one is read, and watched', async (context) => {
		const cluster = await startCluster(3);
		context.onTestFinished(() => cluster.stop());
		// Longer than an election: what goes with a lease would rightly be gone.
		await registrars(context, cluster.endpoints, ADDRS, { ttlSeconds: 15 });
		const reader = await watched(context, { endpoints: cluster.endpoints, pollSeconds: 1 });
		const used = cluster.members.find(({ endpoint }) => endpoint === reader.users.status().endpoint);
		used?.pause();
		context.onTestFinished(() => used?.resume());
		await until(() => ![used?.endpoint, null].includes(reader.users.status().endpoint));
		const others = cluster.members.filter((member) => member !== used).map(({ endpoint }) => endpoint);
		await registrars(context, others.join(), ['10.0.0.4:80']);
		await reader.shows(...ADDRS, '10.0.0.4:80');
		expect(reader.shown).toEqual([ALL, `${ALL},10.0.0.4:80`]);
	});

	test('auth tokens that expire: reads and watch go on', async (context) => {
		const etcd = await anEtcd(context, {
			rootPassword: 'root-pw',
			args: ['--auth-token-ttl', '1', '--bcrypt-cost', '4'],
		});
		const auth = { username: 'root', password: 'root-pw' };
		const reader = await watched(context, { endpoints: etcd.endpoint, auth, pollSeconds: 1.5 });
		// Between two reads each token is rejected.
		await until(() => reader.users.status().reads.ok > 3);
		await registrars(context, etcd.endpoint, ['10.0.0.4:80'], { auth });
		await reader.shows('10.0.0.4:80');
		expect(reader.stale()).toBe(0);
	});

	test('a role that may not read: that is told, and mended without a restart', async (context) => {
		const etcd = await anEtcd(context, { rootPassword: 'root-pw', args: ['--bcrypt-cost', '4'] });
		await etcd.ctl('role', 'add', 'reader');
		await etcd.ctl('user', 'add', 'svc:svc-pw');
		await etcd.ctl('user', 'grant-role', 'svc', 'reader');
		const watching = watched(context, {
			endpoints: etcd.endpoint,
			auth: { username: 'svc', password: 'svc-pw' },
		});
		await etcd.ctl('put', '/ns/user/1', ADDRS[0] ?? '');
		await etcd.ctl('role', 'grant-permission', 'reader', 'read', '--prefix=true', '/ns/user/');
		const reader = await watching;
		expect(reader.shown).toEqual([ADDRS[0]]);
	});

	test('a registrar that is killed is gone when its lease ends; one that stops, at once', async (context) => {
		const { etcd, reader } = await stage(context, 60);
		const registrar = startRegistrar(etcd.endpoint, { ttlSeconds: 2 });
		await reader.shows(...ADDRS, registrar.value);
		registrar.signal('SIGKILL');
		await reader.shows(...ADDRS);
		expect(reader.stale()).toBe(0);
	});

	test('all of them gone: shown until the grace is over, and only then none', async (context) => {
		const etcd = await anEtcd(context);
		const all = await registrars(context, etcd.endpoint, ADDRS.slice(0, 2));
		const reader = await watched(context, {
			endpoints: etcd.endpoint,
			pollSeconds: 60,
			emptyGraceSeconds: 2,
		});
		await Promise.all(all.map((registrar) => registrar.stop()));
		await reader.is('stale');
		const shown = reader.shown.at(-1);
		expect(shown).not.toBe('');
		await reader.shows();
		expect(reader.users.status().state).toBe('fresh');
	});
});
