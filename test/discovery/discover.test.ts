/** `discover()` on a real etcd that behaves. What it does when etcd does not is in faults.test.ts. */
import { afterEach, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import {
	ClosedError,
	ConfigError,
	type DiscoverOptions,
	type Discovery,
	discover,
	type Instance,
} from '../../src/discovery.js';
import { createRegistrar, type Registrar } from '../../src/index.js';
import { type Etcd, startEtcd } from '../support/etcd/etcd.js';
import { aLogger } from '../support/logger.js';
import { startProxy } from '../support/network/proxy.js';
import { until } from '../support/until.js';
import { putMany } from './put-many.js';

let etcd: Etcd;
beforeAll(async () => {
	etcd = await startEtcd();
	return () => etcd.kill();
});

let count = 0;
const fresh = (): string => `user-${++count}`;
const open: Discovery[] = [];
afterEach(async () => {
	await Promise.all(open.splice(0).map((each) => each.close()));
});

function follow(options: Partial<DiscoverOptions> & { readonly name: string }): Discovery {
	const discovery = discover({ endpoints: etcd.endpoint, ...options });
	open.push(discovery);
	return discovery;
}

async function registered(name: string, ...addrs: readonly string[]): Promise<Registrar> {
	const registrar = createRegistrar({
		endpoints: etcd.endpoint,
		services: addrs.map((addr) => ({ name, addr })),
	});
	onTestFinished(() => registrar.stop());
	await registrar.start();
	await registrar.ready();
	return registrar;
}

const addrs = ({ instances }: Pick<Discovery, 'instances'>): string =>
	instances.map(({ addr }) => addr).join();
const changed = (discovery: Discovery) => new Promise((resolve) => discovery.on('changed', resolve));

describe('the instances of a service', () => {
	test('are there once it is ready, sorted, frozen, and picked by weight', async () => {
		const name = fresh();
		await registered(name, '10.0.0.2:80', '10.0.0.1:80');
		const users = follow({ name });
		expect([users.instances, users.pick(), users.status().state]).toEqual([[], null, 'waiting']);
		await users.ready();
		expect(addrs(users)).toBe('10.0.0.1:80,10.0.0.2:80');
		expect(Object.isFrozen(users.instances)).toBe(true);
		expect(new Set([users.pick()?.addr, users.pick()?.addr])).toEqual(
			new Set(['10.0.0.1:80', '10.0.0.2:80']),
		);
		expect(users.status()).toMatchObject({
			...{ state: 'fresh', name, format: 'address', prefix: `/ns/${name}/`, instances: 2, leftOut: 0 },
			...{ lastError: null, endpoint: etcd.endpoint },
		});
		expect(users.status().asOf).toBeInstanceOf(Date);
	});

	test('a service without instances is ready, too, and there is none to pick', async () => {
		const users = follow({ name: fresh() });
		await users.ready();
		expect([users.instances, users.pick(), users.status().state]).toEqual([[], null, 'fresh']);
	});

	test('each change is reported once, with what is different, long before the next poll', async () => {
		const name = fresh();
		const registrar = await registered(name, '10.0.0.1:80');
		const users = follow({ name, pollSeconds: 3_600, emptyGraceSeconds: 3_600 });
		const told: [string, string, string][] = [];
		const list = (instances: readonly Instance[]) => instances.map(({ addr }) => addr).join();
		users.on('changed', ({ instances, added, removed }) =>
			told.push([list(instances), list(added), list(removed)]),
		);
		await users.ready();
		await until(() => users.status().reads.ok > 0);
		const [another] = await Promise.all([changed(users), registrar.add({ name, addr: '10.0.0.2:80' })]);
		expect(another).toMatchObject({ added: [{ addr: '10.0.0.2:80' }] });
		await Promise.all([changed(users), registrar.remove(name, '10.0.0.1:80')]);
		expect(told).toEqual([
			['10.0.0.1:80', '10.0.0.1:80', ''],
			['10.0.0.1:80,10.0.0.2:80', '10.0.0.2:80', ''],
			['10.0.0.2:80', '', '10.0.0.1:80'],
		]);
	});

	test('without a watch the poll alone finds them', async () => {
		const name = fresh();
		// A proxy that resets every connection soon leaves no watch alive for long.
		const proxy = await startProxy(etcd.endpoint);
		onTestFinished(() => proxy.close());
		const users = follow({ name, endpoints: proxy.endpoint, pollSeconds: 0.2 });
		await users.ready();
		proxy.resetEvery(50);
		await registered(name, '10.0.0.1:80');
		await until(() => users.instances.length === 1);
	});

	test('of every format, and of the namespace that is asked for', async () => {
		const name = `${fresh()}.example.org`;
		const registrar = createRegistrar({
			endpoints: etcd.endpoint,
			namespace: 'shop',
			services: [{ name, addr: '10.0.0.1:80', weight: 3, formats: ['json', 'kitex', 'coredns'] }],
		});
		onTestFinished(() => registrar.stop());
		await registrar.start();
		await registrar.ready();
		for (const format of ['json', 'kitex', 'coredns'] as const) {
			const users = follow({ name, format, namespace: 'shop' });
			await users.ready();
			expect(users.instances).toMatchObject([{ addr: '10.0.0.1:80', weight: 3 }]);
		}
	});

	test('what is no instance is left out, reported once, and costs the others nothing', async () => {
		const name = fresh();
		const { logger, lines } = aLogger();
		await etcd.ctl('put', `/ns/${name}/bad`, 'no address');
		await registered(name, '10.0.0.1:80');
		const users = follow({ name, logger, pollSeconds: 0.1 });
		await users.ready();
		await until(() => users.status().reads.ok > 3);
		expect([addrs(users), users.status().leftOut]).toEqual(['10.0.0.1:80', 1]);
		await etcd.ctl('put', `/ns/${name}/bad`, 'no address either');
		const reads = users.status().reads.ok;
		await until(() => users.status().reads.ok > reads + 2);
		expect(lines.filter(({ level }) => level === 'warn')).toMatchObject([
			{ fields: { key: `/ns/${name}/bad`, format: 'address' } },
		]);
	});

	test('ten thousand of them are one consistent read of several pages', async () => {
		const name = fresh();
		await putMany(etcd, `/ns/${name}/`, 10_000);
		const users = follow({ name });
		await users.ready();
		expect(users.instances.length).toBe(10_000);
		expect(new Set(users.instances.map(({ addr }) => addr)).size).toBe(10_000);
	});
});

describe('waiting and following', () => {
	test('each turn of the loop sees the newest state, and a slow reader skips', async () => {
		const name = fresh();
		const users = follow({ name });
		const seen: string[] = [];
		for await (const instances of users) {
			seen.push(addrs({ instances }));
			if (seen.length === 2) break;
			// While this reader is busy, two come.
			const registrar = await registered(name, '10.0.0.1:80');
			await registrar.add({ name, addr: '10.0.0.2:80' });
			await until(() => users.instances.length === 2);
		}
		expect(seen).toEqual(['', '10.0.0.1:80,10.0.0.2:80']);
	});

	test('closing ends the loops and the waits', async () => {
		const users = discover({ endpoints: 'http://127.0.0.1:9', name: fresh() });
		const waiting = users.ready();
		const iterator = users[Symbol.asyncIterator]();
		const next = iterator.next();
		await users.close();
		await users[Symbol.asyncDispose]();
		await expect(waiting).rejects.toBeInstanceOf(ClosedError);
		expect(await next).toEqual({ done: true, value: undefined });
		expect(await iterator.next()).toEqual({ done: true, value: undefined });
		expect(users.status().state).toBe('closed');
	});

	test('a loop that is left early does not wait for another state', async () => {
		const users = follow({ name: fresh() });
		const iterator = users[Symbol.asyncIterator]();
		await iterator.next();
		const pending = iterator.next();
		expect(await iterator.return?.()).toEqual({ done: true, value: undefined });
		expect(await pending).toEqual({ done: true, value: undefined });
	});

	test('whoever has no time to wait says so by a signal', async () => {
		const users = discover({ endpoints: 'http://127.0.0.1:9', name: fresh() });
		open.push(users);
		const stop = new AbortController();
		const waiting = users.ready({ signal: stop.signal });
		stop.abort(new Error('no time'));
		await expect(waiting).rejects.toThrow('no time');
		await expect(users.ready({ signal: AbortSignal.abort(new Error('none')) })).rejects.toThrow('none');
	});

	test('a listener that throws or rejects costs a line, and the others are told', async () => {
		const name = fresh();
		const { logger, lines } = aLogger();
		const users = follow({ name, logger });
		users.on('changed', () => {
			throw new Error('thrown');
		});
		users.on('changed', () => Promise.reject(new Error('rejected')));
		const off = users.on('changed', () => Promise.reject(new Error('taken off')));
		off();
		off();
		const told = changed(users);
		await registered(name, '10.0.0.1:80');
		await told;
		await until(() => lines.length >= 2);
		expect(lines.map(({ fields }) => String(fields.error))).toEqual(['Error: thrown', 'Error: rejected']);
	});

	test('a logger that throws costs nothing', async () => {
		const name = fresh();
		const fail = () => {
			throw new Error('no log');
		};
		await etcd.ctl('put', `/ns/${name}/bad`, 'no address');
		const users = follow({ name, logger: { debug: fail, info: fail, warn: fail, error: fail } });
		await users.ready();
	});
});

describe('one etcd, many names', () => {
	test('they share one connection, and one watch that hears for each of them; the last one closes it', async () => {
		const proxy = await startProxy(etcd.endpoint);
		onTestFinished(() => proxy.close());
		const names = [fresh(), fresh(), fresh()];
		const options = { endpoints: proxy.endpoint, pollSeconds: 3_600 };
		const all = names.map((name) => follow({ ...options, name }));
		await Promise.all(all.map((each) => each.ready()));
		const late = fresh();
		all.push(follow({ ...options, name: late }));
		await all.at(-1)?.ready();
		expect([proxy.connections, proxy.accepted]).toEqual([1, 1]);
		const watchers = async () => (await etcd.metrics()).sum('etcd_debugging_mvcc_watch_stream_total');
		expect(await watchers()).toBe(1);
		for (const [at, name] of [...names, late].entries()) {
			await Promise.all([changed(all[at] as Discovery), registered(name, `10.0.0.${at + 1}:80`)]);
			expect(all.map(({ instances }) => instances.length)).toEqual(
				all.map((_, other) => (other <= at ? 1 : 0)),
			);
		}
		await Promise.all(all.slice(1).map((each) => each.close()));
		await registered(names[0] as string, '10.0.1.1:80');
		await until(() => all[0]?.instances.length === 2);
		await all[0]?.close();
		await until(() => proxy.connections === 0);
	});
});

describe('wrong options', () => {
	test('are told all at once, each by its name', () => {
		const wrong = {
			endpoints: 'ftp://x',
			name: 'a//b',
			format: 'smoke',
			pollSeconds: 0,
			emptyGraceSeconds: -1,
			callTimeoutMs: '2s',
			auth: { username: 'me' },
			logger: 'loud',
			colour: 'red',
		};
		const error = problemsOf(() => discover(wrong as unknown as DiscoverOptions));
		for (const name of ['endpoints', 'name', 'format', 'pollSeconds', 'emptyGraceSeconds', 'callTimeoutMs'])
			expect(
				error.problems.filter((problem) => problem.startsWith(`${name} `)),
				name,
			).toHaveLength(1);
		for (const name of ['auth.password', 'logger', 'colour'])
			expect(
				error.problems.filter((problem) => problem.startsWith(name)),
				name,
			).toHaveLength(1);
		expect(error.problems).toHaveLength(9);
	});

	test('no options at all: what is required is named', () => {
		const { problems } = problemsOf(() => discover({} as unknown as DiscoverOptions));
		expect(problems.map((problem) => problem.split(' ')[0])).toEqual(['endpoints', 'name']);
		expect(() => discover(undefined as unknown as DiscoverOptions)).toThrow(ConfigError);
	});

	test('a name that the format cannot have', () => {
		expect(problemsOf(() => discover({ endpoints: 'x', name: 'a/b', format: 'kitex' })).problems).toEqual([
			expect.stringMatching(/^name is "a\/b", expected .*kitex/),
		]);
	});

	test('an event that there is not, and a listener that cannot listen', async () => {
		const users = follow({ name: fresh() });
		expect(() => users.on('error' as 'changed', () => {})).toThrow(
			/no event "error", expected one of changed/,
		);
		expect(() => users.on('changed', null as unknown as () => void)).toThrow(ConfigError);
	});

	function problemsOf(make: () => unknown): ConfigError {
		try {
			make();
		} catch (error) {
			if (error instanceof ConfigError) return error;
			throw error;
		}
		throw new Error('nothing was wrong');
	}
});
