/**
 * What a channel is told, and when: the resolver alone, between discovery on a real etcd and a channel that
 * only listens.
 */
import { beforeAll, describe, expect, type TestContext, test } from 'vitest';
import { monotonicClock } from '../../../src/adapters/host/clock.js';
import type { GrpcListener } from '../../../src/discovery/grpc/interface.js';
import { resolverClass } from '../../../src/discovery/grpc/resolver.js';
import { serviceConfigOf } from '../../../src/discovery/grpc/service-config.js';
import { discover } from '../../../src/discovery.js';
import { type Etcd, startEtcd } from '../../support/etcd/etcd.js';
import { until } from '../../support/until.js';

let etcd: Etcd;
beforeAll(async () => {
	etcd = await startEtcd();
	return () => etcd.kill();
});

let count = 0;
function aResolver({ onTestFinished }: TestContext, how: 'object' | 'function') {
	const name = `resolved-${++count}`;
	const told: string[] = [];
	const addresses = (
		endpoints: readonly { readonly addresses: readonly { host: string; port: number }[] }[],
	) => told.push(endpoints.map(({ addresses: [first] }) => `${first?.host}:${first?.port}`).join());
	const listener: GrpcListener =
		how === 'function'
			? (result) => (result.ok ? addresses(result.value) : told.push(result.error.details))
			: { onSuccessfulResolution: addresses, onError: ({ details }) => told.push(details) };
	const users = discover({ endpoints: etcd.endpoint, name, format: 'json', pollSeconds: 3_600 });
	onTestFinished(() => users.close());
	const Resolver = resolverClass({
		grpc: { Metadata: Map },
		clock: monotonicClock,
		check: () => {},
		follow: () => ({ thing: users, release: () => {} }),
	});
	const resolver = new Resolver({ path: name }, listener, {});
	onTestFinished(() => resolver.destroy());
	const put = (addr: string) => etcd.ctl('put', `/ns/${name}/${addr}`, JSON.stringify({ addr, weight: 5 }));
	return { resolver, users, told, put };
}

describe.each(['object', 'function'] as const)('a listener that is one %s', (how) => {
	test('is told each change once, and never from within the call that asks', async (context) => {
		const { resolver, told, users, put } = aResolver(context, how);
		await put('10.0.0.1:80');
		await until(() => users.instances.length === 1);
		resolver.updateResolution();
		expect(told).toEqual([]);
		await until(() => told.length > 0);
		await put('10.0.0.2:80');
		await until(() => told.length > 1);
		expect(told).toEqual(['10.0.0.1:80', '10.0.0.1:80,10.0.0.2:80']);
	});

	test('is told nothing after the channel is gone', async (context) => {
		const { resolver, told, users, put } = aResolver(context, how);
		resolver.updateResolution();
		resolver.destroy();
		resolver.destroy();
		await put('10.0.0.1:80');
		await until(() => users.instances.length === 1);
		expect(told).toEqual([]);
	});

	test('is told why there is none, and then of the first', async (context) => {
		const { resolver, told, put } = aResolver(context, how);
		resolver.updateResolution();
		await until(() => told.length === 1);
		await put('10.0.0.1:80');
		await until(() => told.length === 2);
		expect(told).toEqual([
			expect.stringMatching(/^no instance of resolved-\d+ is registered$/),
			'10.0.0.1:80',
		]);
	});
});

test('a channel that asks again and again has etcd read once a second at most', async (context) => {
	const { resolver, users } = aResolver(context, 'function');
	resolver.updateResolution();
	await users.ready();
	const before = users.status().reads.ok;
	const end = performance.now() + 1_500;
	while (performance.now() < end) {
		resolver.updateResolution();
		await new Promise((resolve) => setTimeout(resolve, 5));
	}
	const reads = users.status().reads.ok - before;
	expect(reads).toBeGreaterThan(0);
	expect(reads).toBeLessThanOrEqual(3);
});

describe('the service config', () => {
	const rows: [sentence: string, text: unknown, expected: object | null][] = [
		['none: round robin', undefined, { loadBalancingConfig: [{ round_robin: {} }], methodConfig: [] }],
		['one that balances: that one', '{"loadBalancingConfig":[{"x":{}}]}', null],
		[
			'a policy by its old name',
			'{"loadBalancingPolicy":"Pick_First"}',
			{ loadBalancingPolicy: 'Pick_First', loadBalancingConfig: [{ pick_first: {} }], methodConfig: [] },
		],
		[
			'one of methods alone: round robin, with these methods, their time-outs parsed',
			'{"loadBalancingConfig":[],"methodConfig":[{"name":[{}],"timeout":"1.5s"},{"name":[],"timeout":{"seconds":2,"nanos":0}}],"retryThrottling":{"maxTokens":1}}',
			{
				loadBalancingConfig: [{ round_robin: {} }],
				methodConfig: [
					{ name: [{}], timeout: { seconds: 1, nanos: 500_000_000 } },
					{ name: [], timeout: { seconds: 2, nanos: 0 } },
				],
				retryThrottling: { maxTokens: 1 },
			},
		],
	];
	test.each(rows)('%s', (_sentence, text, expected) => {
		expect(serviceConfigOf(text)).toEqual(expected);
	});
});
