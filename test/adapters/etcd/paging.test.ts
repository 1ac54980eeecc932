/**
 * A list of many pages is what stood in etcd at one moment, whatever is written, compacted or too large
 * meanwhile.
 */

import { Etcd3 } from 'etcd3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Client, openClient } from '../../../src/adapters/etcd/connection/client.js';
import { toStoreError } from '../../../src/adapters/etcd/errors.js';
import { listAll, type ReadPage } from '../../../src/adapters/etcd/paging.js';
import { VARIABLE_NAMES } from '../../../src/core/settings/environment/variables.js';
import { addrOf, putMany } from '../../discovery/put-many.js';
import { type Etcd, startEtcd } from '../../support/etcd/etcd.js';

let etcd: Etcd;
/** For what the test does to etcd. */
let client: Etcd3;
/** As the program uses it. */
let connection: Client;
beforeAll(async () => {
	etcd = await startEtcd({ args: ['--max-request-bytes', '12000000'] });
	client = new Etcd3({ hosts: etcd.endpoint });
	connection = openClient({ endpoint: etcd.endpoint, tls: null, callTimeoutMs: 5_000, token: () => null });
});
afterAll(async () => {
	client.close();
	connection.close();
	await etcd.kill();
});

/** Calls etcd; `between` runs before the n-th call (from 1). */
function calling(between: (n: number) => Promise<unknown> | null = () => null): {
	call: ReadPage;
	calls: () => number;
} {
	let n = 0;
	const call: ReadPage = async (make) => {
		n += 1;
		await between(n);
		try {
			return await connection.call(make);
		} catch (error) {
			throw toStoreError(error, VARIABLE_NAMES);
		}
	};
	return { call, calls: () => n };
}

let count = 0;
async function aPrefix(entries: number): Promise<string> {
	const prefix = `/paging/${++count}/`;
	await putMany(etcd, prefix, entries);
	return prefix;
}
const compact = async () => {
	const { header } = await client.kv.range({ key: Buffer.from('/none') });
	await client.kv.compact({ revision: header.revision, physical: true });
};

describe('a list of many pages', () => {
	test('holds everything below the prefix in the order of the keys, and nothing beside it', async () => {
		const prefix = await aPrefix(2_500);
		await client.put(`${prefix.slice(0, -1)}0`).value('beside');
		const { call, calls } = calling();
		const { entries } = await listAll(call, prefix);
		expect(entries.map(({ key }) => key)).toEqual(
			Array.from({ length: 2_500 }, (_, n) => `${prefix}${addrOf(n)}`).sort(),
		);
		// The second page is as large as the first has shown that it may be.
		expect(calls()).toBe(2);
	});

	test('is of one revision: what is written between two pages is not in it', async () => {
		const prefix = await aPrefix(1_500);
		const { call } = calling((n) => (n === 2 ? client.delete().prefix(prefix).exec() : null));
		const { entries, revision } = await listAll(call, prefix);
		expect(entries).toHaveLength(1_500);
		expect(entries.every(({ modRevision }) => BigInt(modRevision) <= BigInt(revision))).toBe(true);
		expect((await listAll(calling().call, prefix)).entries).toEqual([]);
	});

	test('begins anew when its revision is compacted meanwhile', async () => {
		const prefix = await aPrefix(1_500);
		const { call, calls } = calling(async (n) => {
			if (n !== 2) return;
			await client.put(`${prefix}zz`).value('10.9.9.9:80');
			await compact();
		});
		const { entries } = await listAll(call, prefix);
		expect([entries.length, calls()]).toEqual([1_501, 4]);
	});

	test('gives up where that goes on, and says why', async () => {
		const prefix = await aPrefix(1_001);
		const { call, calls } = calling(async (n) => {
			if (n % 2 !== 0) return;
			await client.put(`${prefix}zz`).value('10.9.9.9:80');
			await compact();
		});
		await expect(listAll(call, prefix)).rejects.toMatchObject({
			name: 'StoreError',
			message: expect.stringContaining('compacted'),
		});
		expect(calls()).toBe(6);
	});

	test('takes smaller pages where values are large, and leaves out a value that fits into no answer', async () => {
		const prefix = await aPrefix(3);
		for (const key of ['a', 'b', 'c']) await client.put(`${prefix}${key}`).value('x'.repeat(1_500_000));
		await client.put(`${prefix}d`).value('x'.repeat(5_000_000));
		await client.put(`${prefix}e`).value('small');
		const { entries } = await listAll(calling().call, prefix);
		expect(entries.map(({ key, value }) => [key.slice(prefix.length), value?.length ?? null])).toEqual([
			[addrOf(0), 11],
			[addrOf(1), 11],
			[addrOf(2), 11],
			['a', 1_500_000],
			['b', 1_500_000],
			['c', 1_500_000],
			['d', null],
			['e', 5],
		]);
	});
});
