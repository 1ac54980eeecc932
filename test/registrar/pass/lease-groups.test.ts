import { describe, expect, test } from 'vitest';
import { KEYS_PER_LEASE, LeaseGroups } from '../../../src/registrar/pass/lease-groups.js';

const keysOf = (name: string, count: number) => Array.from({ length: count }, (_, at) => `/${name}/${at}`);

function arranged(...services: string[][]): LeaseGroups {
	const groups = new LeaseGroups();
	groups.arrange(services);
	return groups;
}

const groupsOf = (groups: LeaseGroups, keys: string[]) => [...new Set(keys.map((key) => groups.of(key)))];

describe('which keys share a lease', () => {
	test('a group is filled to the last key, and the next service begins a second one', () => {
		const [most, one, next] = [keysOf('most', KEYS_PER_LEASE - 1), keysOf('one', 1), keysOf('next', 1)];
		const groups = arranged(most, one, next);
		expect([most, one, next].map((keys) => groupsOf(groups, keys))).toEqual([[0], [0], [1]]);
		expect([0, 1, 2].map((group) => groups.isUsed(group))).toEqual([true, true, false]);
	});

	test('the keys of one service are together, also where they are more than a lease is meant for', () => {
		const [few, many] = [keysOf('few', 2), keysOf('many', KEYS_PER_LEASE + 1)];
		const groups = arranged(few, many);
		expect([few, many].map((keys) => groupsOf(groups, keys))).toEqual([[0], [1]]);
	});

	test('a service that does not fit any more leaves the room to a smaller one', () => {
		const services = [keysOf('a', 300), keysOf('b', 300), keysOf('c', 200)];
		const groups = arranged(...services);
		expect(services.map((keys) => groupsOf(groups, keys))).toEqual([[0], [1], [0]]);
	});

	test('a new key joins the others of its service, wherever it stands among them and full or not', () => {
		const [full, first] = [keysOf('full', KEYS_PER_LEASE), keysOf('first', 1)];
		const groups = arranged(full, first);
		groups.arrange([full, ['/first/before', ...first, '/first/after']]);
		expect(groupsOf(groups, ['/first/before', ...first, '/first/after'])).toEqual([1]);
		groups.arrange([['/full/before', ...full], first]);
		expect(groups.of('/full/before')).toBe(0);
	});

	test('a key that is wanted no more leaves its place, and an empty group is the first to be taken', () => {
		const [full, second] = [keysOf('full', KEYS_PER_LEASE), keysOf('second', 3)];
		const groups = arranged(full, second);
		groups.arrange([full, second.slice(1)]);
		groups.arrange([second.slice(1)]);
		expect([0, 1].map((group) => groups.isUsed(group))).toEqual([false, true]);
		const more = keysOf('more', KEYS_PER_LEASE + 1);
		groups.arrange([second.slice(1), more]);
		expect(groupsOf(groups, [...second.slice(1)])).toEqual([1]);
		expect(groupsOf(groups, more)).toEqual([0]);
	});

	test('what one key leaves, exactly one takes', () => {
		const full = keysOf('full', KEYS_PER_LEASE);
		const groups = arranged(full);
		groups.arrange([full.slice(1), ['/one'], ['/two']]);
		expect([groups.of('/one'), groups.of('/two')]).toEqual([0, 1]);
	});

	test('a key that was never arranged is told the group that it would join, and takes no place there', () => {
		expect(new LeaseGroups().of('/x')).toBe(0);
		const room = arranged(keysOf('a', KEYS_PER_LEASE - 1));
		expect([room.of('/x'), room.of('/y')]).toEqual([0, 0]);
		expect(arranged(keysOf('a', KEYS_PER_LEASE)).of('/x')).toBe(1);
	});

	test('the same services as before are not counted again', () => {
		let reads = 0;
		const services = {
			*[Symbol.iterator]() {
				reads++;
				yield ['/a'];
			},
		};
		const groups = new LeaseGroups();
		groups.arrange(services);
		const before = reads;
		groups.arrange(services);
		expect(reads).toBe(before);
	});
});
