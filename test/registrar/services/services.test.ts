import { expect, test } from 'vitest';
import type { ServiceConfig } from '../../../src/core/settings/config.js';
import type { ServiceOptions } from '../../../src/core/settings/options.js';
import { parseService } from '../../../src/core/settings/service-options.js';
import type { OwnService } from '../../../src/registrar/services/service.js';
import { Services } from '../../../src/registrar/services/services.js';

const aConfig = (options: Partial<ServiceOptions> = {}) =>
	parseService({ name: 'user', addr: '10.0.0.5:80', ...options }, undefined);
const A = '/ns/user/10.0.0.5:80';
const B = '/ns/user/10.0.0.6:80';

/** Services, and an etcd that is just a set of verified keys: each `pass` puts and deletes what is wanted. */
function aSet(...options: Partial<ServiceOptions>[]) {
	const standing = new Set<string>();
	const verified = (key: string) => standing.has(key);
	const services = new Services(5, verified);
	for (const option of options) services.add(aConfig(option));
	const wanted = () => Object.fromEntries(services.view.wanted);
	const pause = (name: string | null = null) => {
		services.pauses.pause(name, null, 0);
		services.applyPauses();
	};
	/** `true` = one more pass is due at once. */
	const pass = (): boolean => {
		for (const [key, value] of services.view.wanted)
			value === null ? standing.delete(key) : standing.add(key);
		return services.settle(verified);
	};
	const service = (name = 'user', addr = '10.0.0.5:80'): OwnService => {
		const [found] = services.named(name, addr);
		if (found === undefined) throw new Error(`no ${name} at ${addr}`);
		return found;
	};
	const replace = (former: OwnService, config: ServiceConfig): OwnService => {
		const [next] = services.replace([{ former, config }]);
		if (next === undefined) throw new Error('nothing took its place');
		return next;
	};
	return { services, standing, wanted, pause, pass, service, replace };
}

test('every service wants its keys; paused they are wanted absent', () => {
	const { wanted, pause } = aSet({}, { name: 'pay', addr: '10.0.0.5:81' });
	expect(wanted()).toEqual({ [A]: '10.0.0.5:80', '/ns/pay/10.0.0.5:81': '10.0.0.5:81' });
	pause();
	expect(wanted()).toEqual({ [A]: null, '/ns/pay/10.0.0.5:81': null });
});

test('paused by its name, what is added or updated under it stays out, and what has another name stays in', () => {
	const { services, wanted, pause, pass, service, replace } = aSet({}, { name: 'pay', addr: '10.0.0.5:81' });
	pass();
	pause('user');
	services.add(aConfig({ addr: '10.0.0.6:80' }));
	replace(service(), aConfig({ version: '2' }));
	expect(wanted()).toEqual({ [A]: null, [B]: null, '/ns/pay/10.0.0.5:81': '10.0.0.5:81' });
	services.remove(service());
	expect(services.pauses.of('user')).not.toBeNull();
	services.remove(service('user', '10.0.0.6:80'));
	expect(services.pauses.of('user')).toBeNull();
});

test('a check that fails or passes while it is paused changes nothing', () => {
	const { wanted, pause, service } = aSet({ check: 'tcp://127.0.0.1:1' });
	pause();
	service().healthy = true;
	expect(wanted()).toEqual({ [A]: null });
});

test('a service with a check is wanted once it is healthy', () => {
	const { wanted, service } = aSet({ check: 'tcp://127.0.0.1:1' });
	expect(wanted()).toEqual({ [A]: null });
	service().healthy = true;
	expect(wanted()).toEqual({ [A]: '10.0.0.5:80' });
});

test('one that is removed is wanted absent until it is, and is then left out', () => {
	const { services, wanted, pass, service } = aSet({}, { name: 'pay', addr: '10.0.0.5:81' });
	pass();
	services.remove(service());
	expect(wanted()).toMatchObject({ [A]: null });
	expect(pass()).toBe(false);
	expect(Object.keys(wanted())).toEqual(['/ns/pay/10.0.0.5:81']);
	expect(services.named('user', '10.0.0.5:80')).toEqual([]);
});

test('one that is removed and added again at once never leaves', () => {
	const { services, wanted, pass, service } = aSet({});
	pass();
	services.remove(service());
	services.add(aConfig());
	expect(wanted()).toEqual({ [A]: '10.0.0.5:80' });
	pass();
	services.remove(service());
	expect(wanted()).toEqual({ [A]: null });
});

test('with another address the new key stands before the old one goes', () => {
	const { standing, wanted, pass, service, replace } = aSet({});
	pass();
	replace(service(), aConfig({ addr: '10.0.0.6:80' }));
	expect(wanted()).toEqual({ [A]: '10.0.0.5:80', [B]: '10.0.0.6:80' });
	expect(pass()).toBe(true);
	expect([...standing].toSorted()).toEqual([A, B]);
	expect(wanted()).toEqual({ [A]: null, [B]: '10.0.0.6:80' });
	expect(pass()).toBe(false);
	expect([...standing]).toEqual([B]);
	expect(wanted()).toEqual({ [B]: '10.0.0.6:80' });
	expect(service('user', '10.0.0.6:80').addr).toBe('10.0.0.6:80');
});

test('an old key that etcd does not let go asks for one more pass once, not for ever', () => {
	const { services, standing, pass, service, replace } = aSet({});
	pass();
	replace(service(), aConfig({ addr: '10.0.0.6:80' }));
	expect(pass()).toBe(true);
	for (let n = 0; n < 3; n += 1) expect(services.settle((key) => standing.has(key))).toBe(false);
});

test('one that moves while it is unhealthy registers nothing, neither here nor there', () => {
	const { wanted, pass, service, replace } = aSet({ check: 'tcp://127.0.0.1:1' });
	service().healthy = true;
	pass();
	service().healthy = false;
	replace(service(), { ...service().config, addr: '10.0.0.6:80' });
	expect(wanted()).toEqual({ [A]: null, [B]: null });
});

test('one that moves and is removed before it has arrived leaves nothing behind', () => {
	const { services, wanted, pass, service, replace } = aSet({});
	pass();
	replace(service(), aConfig({ addr: '10.0.0.6:80' }));
	services.remove(service('user', '10.0.0.6:80'));
	expect(wanted()).toEqual({ [A]: null });
	pass();
	expect(wanted()).toEqual({});
});

test('one that moves on before it has arrived keeps its first key until it has', () => {
	const { wanted, pass, service, replace } = aSet({});
	pass();
	replace(service(), aConfig({ addr: '10.0.0.6:80' }));
	replace(service('user', '10.0.0.6:80'), aConfig({ addr: '10.0.0.7:80' }));
	expect(wanted()[A]).toBe('10.0.0.5:80');
	pass();
	pass();
	expect(Object.keys(wanted())).toEqual(['/ns/user/10.0.0.7:80']);
});

test('one that moves to a wildcard keeps its key until the address is known and stands', () => {
	const { services, wanted, pass, service, replace } = aSet({});
	pass();
	replace(service(), aConfig({ addr: ':80' }));
	expect(pass()).toBe(false);
	expect(wanted()).toEqual({ [A]: '10.0.0.5:80' });
	services.resolved(service('user', ':80'), '10.0.0.6:80');
	expect(pass()).toBe(true);
	pass();
	expect(wanted()).toEqual({ [B]: '10.0.0.6:80' });
});

test.each([
	['none: it is healthy', undefined, true],
	['another one: it is to pass first', 'tcp://127.0.0.1:2', false],
])('replaced by one with another check, %s', (_which, check, healthy) => {
	const { service, replace } = aSet({ check: 'tcp://127.0.0.1:1' });
	service().healthy = !healthy;
	expect(replace(service(), aConfig({ check })).healthy).toBe(healthy);
});

test('replaced by one with the same check it is as healthy as before', () => {
	const { service, replace } = aSet({ check: 'tcp://127.0.0.1:1' });
	for (const healthy of [true, false]) {
		service().healthy = healthy;
		expect(replace(service(), { ...service().config, version: '2' }).healthy).toBe(healthy);
	}
});

test('there and back again: no key is taken away that is wanted', () => {
	const { wanted, pass, service, replace } = aSet({});
	pass();
	replace(service(), aConfig({ addr: '10.0.0.6:80' }));
	pass();
	replace(service('user', '10.0.0.6:80'), aConfig());
	for (let n = 0; n < 4; n += 1) {
		expect(wanted()[A]).toBe('10.0.0.5:80');
		pass();
	}
	expect(wanted()).toEqual({ [A]: '10.0.0.5:80' });
});

test('paused while it moves: both are wanted absent', () => {
	const { wanted, pause, pass, service, replace } = aSet({});
	pass();
	replace(service(), aConfig({ addr: '10.0.0.6:80' }));
	pause();
	expect(wanted()).toEqual({ [A]: null, [B]: null });
});

test('a change of what is told leaves the key where it is', () => {
	const { wanted, pass, service, replace } = aSet({ formats: 'json', weight: 10 });
	pass();
	const [key] = Object.keys(wanted());
	replace(service(), aConfig({ formats: 'json', weight: 20 }));
	expect(Object.keys(wanted())).toEqual([key]);
	expect(pass()).toBe(false);
});

test('services whose keys would meet are refused, and nothing has changed', () => {
	const { services, wanted, replace } = aSet({}, { name: 'user', addr: '10.0.0.6:80' });
	expect(() => services.add(aConfig())).toThrow(/user at 10.0.0.5:80/);
	const [second] = services.named('user', '10.0.0.6:80');
	if (second === undefined) throw new Error('no second');
	expect(() => replace(second, aConfig())).toThrow(/user at 10.0.0.5:80/);
	expect(Object.keys(wanted())).toEqual([A, B]);
});

test('a wildcard wants nothing until its address is known, and is found by either', () => {
	const { services, wanted, service } = aSet({ addr: ':80' });
	expect(wanted()).toEqual({});
	services.resolved(service('user', ':80'), '10.0.0.5:80');
	expect(wanted()).toEqual({ [A]: '10.0.0.5:80' });
	expect(service('user', '10.0.0.5:80')).toBe(service('user', ':80'));
});

test('a function is asked for its weight once a pass, not whenever the keys are read', () => {
	let asked = 0;
	const { services, wanted } = aSet({
		formats: 'json',
		weight: () => {
			asked += 1;
			return asked * 10;
		},
	});
	services.weights.askAll();
	const before = wanted();
	wanted();
	expect(wanted()).toEqual(before);
	const once = asked;
	services.weights.askAll();
	expect(asked).toBe(once + 1);
	expect(wanted()).not.toEqual(before);
});

test.each([
	[
		'throws',
		() => {
			throw new Error('no weight');
		},
	],
	['gives no number', () => Number.NaN],
	['gives infinity', () => Number.POSITIVE_INFINITY],
])('a weight function that %s changes nothing: the last good weight stays', (_how, broken) => {
	let weight = () => 10;
	const { services, wanted } = aSet({ formats: 'json', weight: () => weight() });
	services.weights.askAll();
	const before = wanted();
	weight = broken;
	services.weights.askAll();
	expect(wanted()).toEqual(before);
});

test('one that is broken from the start leaves the format its own weight', () => {
	const plain = Object.keys(aSet({ formats: 'json' }).wanted());
	const { services, wanted } = aSet({
		formats: 'json',
		weight: () => {
			throw new Error('no weight');
		},
	});
	services.weights.askAll();
	expect(Object.keys(wanted())).toEqual(plain);
	expect(Object.values(wanted())).not.toContain(null);
});

test('a weight that follows the load changes the value of those that asked for it, and of no other', () => {
	const { services, wanted } = aSet(
		{ formats: 'json', weight: 'auto' },
		{ name: 'pay', addr: '10.0.0.5:81', formats: 'json', weight: 100 },
	);
	const before = Object.entries(wanted());
	services.weights.followMachine(50);
	const after = wanted();
	expect(before.map(([key, value]) => after[key] !== value)).toEqual([true, false]);
});

test('it says which service wants a key, and where the fleets of its services stand', () => {
	const { services } = aSet({}, { name: 'pay', addr: '10.0.0.5:81' });
	expect(services.view.owners.get(A)).toEqual({ service: 'user', addr: '10.0.0.5:80' });
	expect([...services.view.fleetPrefixes].length).toBeGreaterThan(0);
	for (const prefix of services.view.fleetPrefixes) expect(A.startsWith(prefix)).toBe(true);
});

test('a key that was never written is not written on the way to another', () => {
	const { standing, wanted, pass, service, replace } = aSet({});
	pass();
	for (let n = 6; n < 100; n += 1)
		replace(service('user', `10.0.0.${n - 1}:80`), aConfig({ addr: `10.0.0.${n}:80` }));
	expect(wanted()).toEqual({ [A]: '10.0.0.5:80', '/ns/user/10.0.0.99:80': '10.0.0.99:80' });
	pass();
	pass();
	expect([...standing]).toEqual(['/ns/user/10.0.0.99:80']);
});

test('a key that is handed over keeps the service and the address that it belonged to', () => {
	const { services, pass, service, replace } = aSet({});
	pass();
	replace(service(), aConfig({ addr: '10.0.0.6:80' }));
	expect(services.view.owners.get(A)).toEqual({ service: 'user', addr: '10.0.0.5:80' });
	expect(services.view.owners.get(B)).toEqual({ service: 'user', addr: '10.0.0.6:80' });
	services.remove(service('user', '10.0.0.6:80'));
	expect(services.view.owners.get(A)).toEqual({ service: 'user', addr: '10.0.0.5:80' });
});

test('the keys of one service are one group, with those that are handed over to it; a replaced one keeps its place', () => {
	const { services, wanted, pass, service, replace } = aSet(
		{ formats: ['address', 'grpc'] },
		{ name: 'pay', addr: '10.0.0.5:81' },
		{ name: 'shop', addr: '10.0.0.5:82' },
	);
	const PAY = '/ns/pay/10.0.0.5:81';
	const SHOP = '/ns/shop/10.0.0.5:82';
	expect(services.view.groups).toEqual([[A, 'user/10.0.0.5:80'], [PAY], [SHOP]]);
	expect(services.view.groups).toBe(services.view.groups);
	pass();
	replace(service(), aConfig({ formats: ['address', 'grpc'], addr: '10.0.0.6:80' }));
	services.remove(service('pay', '10.0.0.5:81'));
	expect(services.view.groups).toEqual([[B, 'user/10.0.0.6:80', A, 'user/10.0.0.5:80'], [SHOP], [PAY]]);
	expect(services.view.groups.flat().toSorted()).toEqual(Object.keys(wanted()).toSorted());
	pass();
	pass();
	expect(services.view.groups).toEqual([[B, 'user/10.0.0.6:80'], [SHOP]]);
});

test('of several that are replaced together, all are or none', () => {
	const { services, wanted } = aSet(
		{ formats: 'address' },
		{ formats: 'kitex' },
		{ formats: 'kitex', addr: '10.0.0.6:80' },
	);
	const before = wanted();
	const both = services.named('user', '10.0.0.5:80');
	const moved = both.map((former) => ({ former, config: { ...former.config, addr: '10.0.0.6:80' } }));
	expect(() => services.replace(moved)).toThrow(/one key/);
	expect(wanted()).toEqual(before);
	expect(services.named('user', '10.0.0.5:80')).toEqual(both);
});

test.each([
	['of one name', () => 'user'],
	['of a name each', (at: number) => `user${at}`],
	['of names of which each begins the next', (at: number) => `user${'x'.repeat(at % 40)}${at}`],
])(
	'eight times the services, %s, take about eight times as long to be added, moved and removed',
	// CPU of the whole process, in which others may be at work.
	{ retry: 3 },
	(_which, name) => {
		const takes = (count: number): number => {
			const configs = [80, 81].map((port) =>
				Array.from({ length: count }, (_, at) =>
					aConfig({ name: name(at), addr: `10.0.${at >> 8}.${at & 255}:${port}`, formats: 'kratos' }),
				),
			);
			const services = new Services(5, () => true);
			const began = process.cpuUsage();
			for (const config of configs[0] ?? []) services.add(config);
			for (const [at, config] of (configs[0] ?? []).entries()) {
				const [former] = services.named(config.name, config.addr);
				const next = configs[1]?.[at];
				if (former !== undefined && next !== undefined) services.replace([{ former, config: next }]);
			}
			expect(services.view.wanted.size).toBe(2 * count);
			for (const { name, addr } of configs[1] ?? [])
				for (const service of services.named(name, addr)) services.remove(service);
			return process.cpuUsage(began).user;
		};
		const least = (count: number) => Math.min(...[1, 2, 3].map(() => takes(count)));
		takes(500);
		// Were each service compared with each other, it would be 64.
		expect(least(4_000) / least(500)).toBeLessThan(24);
	},
);
