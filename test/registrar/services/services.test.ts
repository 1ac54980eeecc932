import { expect, test } from 'vitest';
import { parseService, type ServiceOptions } from '../../../src/core/settings/from-options.js';
import { type Member, Services } from '../../../src/registrar/services/services.js';

const aConfig = (options: Partial<ServiceOptions> = {}) =>
	parseService({ name: 'user', addr: '10.0.0.5:80', ...options }, undefined);
const A = '/ns/user/10.0.0.5:80';
const B = '/ns/user/10.0.0.6:80';

/** Services, and an etcd that is just a set of verified keys: each `pass` puts and deletes what is wanted. */
function aSet(...options: Partial<ServiceOptions>[]) {
	const services = new Services(5);
	for (const option of options) services.add(aConfig(option));
	const standing = new Set<string>();
	const verified = (key: string) => standing.has(key);
	const wanted = (paused = false) => Object.fromEntries(services.wanted(paused, verified));
	/** `true` = one more pass is due at once. */
	const pass = (paused = false): boolean => {
		for (const [key, value] of services.wanted(paused, verified))
			value === null ? standing.delete(key) : standing.add(key);
		const now = services.wanted(paused, verified);
		return services.left((key) => now.get(key) === null && !verified(key), verified);
	};
	const member = (name = 'user', addr = '10.0.0.5:80'): Member => {
		const [found] = services.named(name, addr);
		if (found === undefined) throw new Error(`no ${name} at ${addr}`);
		return found;
	};
	return { services, standing, wanted, pass, member };
}

test('every service wants its keys; paused they are wanted absent', () => {
	const { wanted } = aSet({}, { name: 'pay', addr: '10.0.0.5:81' });
	expect(wanted()).toEqual({ [A]: '10.0.0.5:80', '/ns/pay/10.0.0.5:81': '10.0.0.5:81' });
	expect(wanted(true)).toEqual({ [A]: null, '/ns/pay/10.0.0.5:81': null });
});

test('a service with a check is wanted from when it is well', () => {
	const { wanted, member } = aSet({ check: 'tcp://127.0.0.1:1' });
	expect(wanted()).toEqual({ [A]: null });
	member().healthy = true;
	expect(wanted()).toEqual({ [A]: '10.0.0.5:80' });
});

test('one that is removed is wanted absent until it is, and then spoken of no more', () => {
	const { services, wanted, pass, member } = aSet({}, { name: 'pay', addr: '10.0.0.5:81' });
	pass();
	services.remove(member());
	expect(wanted()).toMatchObject({ [A]: null });
	expect(pass()).toBe(false);
	expect(Object.keys(wanted())).toEqual(['/ns/pay/10.0.0.5:81']);
	expect(services.named('user', '10.0.0.5:80')).toEqual([]);
});

test('one that is removed and added again at once never leaves', () => {
	const { services, wanted, pass, member } = aSet({});
	pass();
	services.remove(member());
	services.add(aConfig());
	expect(wanted()).toEqual({ [A]: '10.0.0.5:80' });
	pass();
	services.remove(member());
	expect(wanted()).toEqual({ [A]: null });
});

test('with another address the new key stands before the old one goes', () => {
	const { services, standing, wanted, pass, member } = aSet({});
	pass();
	services.replace(member(), aConfig({ addr: '10.0.0.6:80' }));
	expect(wanted()).toEqual({ [A]: '10.0.0.5:80', [B]: '10.0.0.6:80' });
	expect(pass()).toBe(true);
	expect([...standing].toSorted()).toEqual([A, B]);
	expect(wanted()).toEqual({ [A]: null, [B]: '10.0.0.6:80' });
	expect(pass()).toBe(false);
	expect([...standing]).toEqual([B]);
	expect(wanted()).toEqual({ [B]: '10.0.0.6:80' });
	expect(member('user', '10.0.0.6:80').addr).toBe('10.0.0.6:80');
});

test('an old key that etcd does not let go asks for one more pass once, not for ever', () => {
	const { services, standing, pass, member } = aSet({});
	pass();
	services.replace(member(), aConfig({ addr: '10.0.0.6:80' }));
	expect(pass()).toBe(true);
	const stuck = () =>
		services.left(
			() => false,
			(key) => standing.has(key),
		);
	for (let n = 0; n < 3; n += 1) expect(stuck()).toBe(false);
});

test('one that moves while it is unwell registers nothing, neither here nor there', () => {
	const { services, wanted, member } = aSet({ check: 'tcp://127.0.0.1:1' });
	services.replace(member(), { ...member().config, addr: '10.0.0.6:80' });
	expect(wanted()).toEqual({ [A]: null, [B]: null });
});

test('one that moves and is removed before it has arrived leaves nothing behind', () => {
	const { services, wanted, pass, member } = aSet({});
	pass();
	services.replace(member(), aConfig({ addr: '10.0.0.6:80' }));
	services.remove(member('user', '10.0.0.6:80'));
	expect(wanted()).toEqual({ [A]: null, [B]: null });
	pass();
	expect(wanted()).toEqual({});
});

test('one that moves on before it has arrived keeps its first key until it has', () => {
	const { services, wanted, pass, member } = aSet({});
	pass();
	services.replace(member(), aConfig({ addr: '10.0.0.6:80' }));
	services.replace(member('user', '10.0.0.6:80'), aConfig({ addr: '10.0.0.7:80' }));
	expect(wanted()[A]).toBe('10.0.0.5:80');
	pass();
	pass();
	expect(Object.keys(wanted())).toEqual(['/ns/user/10.0.0.7:80']);
});

test('one that moves to a wildcard keeps its key until the address is known and stands', () => {
	const { services, wanted, pass, member } = aSet({});
	pass();
	services.replace(member(), aConfig({ addr: ':80' }));
	expect(pass()).toBe(false);
	expect(wanted()).toEqual({ [A]: '10.0.0.5:80' });
	services.resolved(member('user', ':80'), '10.0.0.6:80');
	expect(pass()).toBe(true);
	pass();
	expect(wanted()).toEqual({ [B]: '10.0.0.6:80' });
});

test.each([
	['none: it is well', undefined, true],
	['another one: it is to pass first', 'tcp://127.0.0.1:2', false],
])('replaced by one with another check, %s', (_which, check, healthy) => {
	const { services, member } = aSet({ check: 'tcp://127.0.0.1:1' });
	member().healthy = !healthy;
	expect(services.replace(member(), aConfig({ check })).healthy).toBe(healthy);
});

test('replaced by one with the same check it is as well as before', () => {
	const { services, member } = aSet({ check: 'tcp://127.0.0.1:1' });
	for (const healthy of [true, false]) {
		member().healthy = healthy;
		expect(services.replace(member(), { ...member().config, version: '2' }).healthy).toBe(healthy);
	}
});

test('there and back again: no key is taken away that is wanted', () => {
	const { services, wanted, pass, member } = aSet({});
	pass();
	services.replace(member(), aConfig({ addr: '10.0.0.6:80' }));
	pass();
	services.replace(member('user', '10.0.0.6:80'), aConfig());
	for (let n = 0; n < 4; n += 1) {
		expect(wanted()[A]).toBe('10.0.0.5:80');
		pass();
	}
	expect(wanted()).toEqual({ [A]: '10.0.0.5:80' });
});

test('paused while it moves: both are wanted absent', () => {
	const { services, wanted, pass, member } = aSet({});
	pass();
	services.replace(member(), aConfig({ addr: '10.0.0.6:80' }));
	expect(wanted(true)).toEqual({ [A]: null, [B]: null });
});

test('a change of what is told leaves the key where it is', () => {
	const { services, wanted, pass, member } = aSet({ formats: 'json', weight: 10 });
	pass();
	const [key] = Object.keys(wanted());
	services.replace(member(), aConfig({ formats: 'json', weight: 20 }));
	expect(Object.keys(wanted())).toEqual([key]);
	expect(pass()).toBe(false);
});

test('services whose keys would meet are refused, and nothing has changed', () => {
	const { services, wanted } = aSet({}, { name: 'user', addr: '10.0.0.6:80' });
	expect(() => services.add(aConfig())).toThrow(/user at 10.0.0.5:80/);
	const [second] = services.named('user', '10.0.0.6:80');
	if (second === undefined) throw new Error('no second');
	expect(() => services.replace(second, aConfig())).toThrow(/user at 10.0.0.5:80/);
	expect(Object.keys(wanted())).toEqual([A, B]);
});

test('a wildcard wants nothing until its address is known, and is found by either', () => {
	const { services, wanted, member } = aSet({ addr: ':80' });
	expect(wanted()).toEqual({});
	services.resolved(member('user', ':80'), '10.0.0.5:80');
	expect(wanted()).toEqual({ [A]: '10.0.0.5:80' });
	expect(member('user', '10.0.0.5:80')).toBe(member('user', ':80'));
});

test('a function is asked for its weight once a pass, not whenever somebody looks', () => {
	let asked = 0;
	const { services, wanted } = aSet({
		formats: 'json',
		weight: () => {
			asked += 1;
			return asked * 10;
		},
	});
	services.weighAll();
	const before = wanted();
	wanted();
	expect(wanted()).toEqual(before);
	const once = asked;
	services.weighAll();
	expect(asked).toBe(once + 1);
	expect(wanted()).not.toEqual(before);
});

test.each([
	[
		'throws',
		() => {
			throw new Error('no scales');
		},
	],
	['gives no number', () => Number.NaN],
	['gives infinity', () => Number.POSITIVE_INFINITY],
])('a weight function that %s changes nothing: the last good weight stays', (_how, broken) => {
	let weight = () => 10;
	const { services, wanted } = aSet({ formats: 'json', weight: () => weight() });
	services.weighAll();
	const before = wanted();
	weight = broken;
	services.weighAll();
	expect(wanted()).toEqual(before);
});

test('one that is broken from the start leaves the format its own weight', () => {
	const plain = Object.keys(aSet({ formats: 'json' }).wanted());
	const { services, wanted } = aSet({
		formats: 'json',
		weight: () => {
			throw new Error('no scales');
		},
	});
	services.weighAll();
	expect(Object.keys(wanted())).toEqual(plain);
	expect(Object.values(wanted())).not.toContain(null);
});

test('a weight that follows the load changes the value of those that asked for it, and of no other', () => {
	const { services, wanted } = aSet(
		{ formats: 'json', weight: 'auto' },
		{ name: 'pay', addr: '10.0.0.5:81', formats: 'json', weight: 100 },
	);
	const before = Object.entries(wanted());
	services.weigh(50);
	const after = wanted();
	expect(before.map(([key, value]) => after[key] !== value)).toEqual([true, false]);
});

test('it says which service wants a key, and where fleets like ours stand', () => {
	const { services } = aSet({}, { name: 'pay', addr: '10.0.0.5:81' });
	expect(services.owners().get(A)).toEqual({ service: 'user', addr: '10.0.0.5:80' });
	expect([...services.fleetPrefixes()].length).toBeGreaterThan(0);
	for (const prefix of services.fleetPrefixes()) expect(A.startsWith(prefix)).toBe(true);
});
