import { expect, test } from 'vitest';
import { type Claim, clashes, placeOf } from '../../../src/core/formats/clashes.js';
import { FORMAT_NAMES, type FormatName } from '../../../src/core/formats/index.js';
import { Places } from '../../../src/core/formats/places.js';

const claim = (format: FormatName, name: string, addr: string, namespace?: string): Claim => ({
	label: `${format} ${name} ${namespace} ${addr}`,
	...{ format, namespace, service: { name, addr, protocol: 'grpc', metadata: {} } },
});

const NAMES = ['user', 'user2', 'user/eu', 'a-b', 'a/b', 'user.org', 'User.org', 'eu.user.org', 'shop'];
const CLAIMS = FORMAT_NAMES.flatMap((format) =>
	NAMES.flatMap((name) =>
		[undefined, 'microservices', 'ns'].flatMap((namespace) =>
			['10.0.0.5:8080', '10.0.0.6:8080'].map((addr) => claim(format, name, addr, namespace)),
		),
	),
);

test('whatever would be refused is found, and most pairs are passed over', () => {
	let near = 0;
	for (const one of CLAIMS) {
		const places = new Places<Claim>();
		places.add(one, [placeOf(one)]);
		for (const other of CLAIMS) {
			if (other === one) continue;
			const found = places.near([placeOf(other)]).size;
			near += found;
			if (found === 0 && clashes([one, other]).length > 0)
				expect.fail(`${one.label} and ${other.label} clash unseen`);
		}
	}
	expect(near).toBeGreaterThan(0);
	expect(near).toBeLessThan(CLAIMS.length ** 2 / 10);
});

test('in a large set as well: what clashes with none of it is near to none that it clashes with', () => {
	const places = new Places<Claim>();
	const set: Claim[] = [];
	for (const one of CLAIMS) {
		const near = places.near([placeOf(one)]);
		const clash = clashes([...near, one]).length > 0;
		expect(clash, one.label).toBe(clashes([...set, one]).length > 0);
		if (clash) continue;
		places.add(one, [placeOf(one)]);
		set.push(one);
	}
	expect(set.length).toBeGreaterThan(20);
});

test('what was taken out again, or is to be replaced, is not found', () => {
	const places = new Places<string>();
	const user = [placeOf(claim('address', 'user', '10.0.0.5:80'))];
	const below = [placeOf(claim('json', 'user', '10.0.0.6:80'))];
	places.add('one', user);
	expect([...places.near(below)]).toEqual(['one']);
	expect([...places.near(below, new Set(['one']))]).toEqual([]);
	places.add('two', [placeOf(claim('address', 'user', '10.0.0.7:80'))]);
	expect([...places.near(below, new Set(['one']))]).toEqual(['two']);
	places.delete('one', user);
	places.delete('two', [placeOf(claim('address', 'user', '10.0.0.7:80'))]);
	expect([...places.near(below)]).toEqual([]);
	expect([...places.near(user)]).toEqual([]);
});
