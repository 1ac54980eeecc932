import { execFile } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { removeAtExit } from '../process/guarded.js';
import { getText } from '../process/http.js';
import { until } from '../until.js';
import { startCluster } from './cluster.js';
import { startEtcd } from './etcd.js';

interface Get {
	readonly header: { readonly revision: number };
	readonly count?: number;
	readonly kvs?: readonly { readonly key: string; readonly lease?: string }[];
}

test('an etcd is started healthy, keeps its data over a restart and ends when told', async () => {
	const etcd = await startEtcd();
	const { pid } = etcd;
	expect(await etcd.ctl('put', '/ns/a/1', 'one')).toBe('OK');
	await etcd.restart();
	expect(etcd.pid).not.toBe(pid);
	expect(await etcd.ctl('get', '/ns/a/1', '--print-value-only')).toBe('one');
	await etcd.stop();
	await expect(getText(`${etcd.endpoint}/health`)).rejects.toThrow('ECONNREFUSED');
});

test('leases are told as decimal text and 64-bit numbers keep every digit', async () => {
	const etcd = await startEtcd();
	const granted = /lease (\w+) granted/.exec(await etcd.ctl('lease', 'grant', '60'))?.[1] ?? '';
	const id = BigInt(`0x${granted}`).toString();
	await etcd.ctl('put', 'k', 'v', `--lease=${granted}`);
	expect(await etcd.leases()).toEqual([id]);
	expect((await etcd.json<Get>('get', 'k')).kvs?.[0]?.lease).toBe(id);
	await etcd.stop();
});

test('the counters tell how many calls of a method etcd answered', async () => {
	const etcd = await startEtcd();
	const before = (await etcd.metrics()).handled('Range');
	await etcd.ctl('get', 'a');
	await etcd.ctl('get', 'b');
	expect((await etcd.metrics()).handled('Range') - before).toBe(2);
	await etcd.stop();
});

test('a paused etcd takes connections and is silent until it is resumed', async () => {
	const etcd = await startEtcd();
	etcd.pause();
	await expect(getText(`${etcd.endpoint}/health`)).rejects.toThrow('no answer');
	etcd.resume();
	expect(await until(() => etcd.http('/health'))).toContain('true');
	await etcd.kill();
});

test('a wiped etcd is empty and its revision has gone back; a restored one holds what the snapshot held', async () => {
	const etcd = await startEtcd();
	const folder = mkdtempSync(join(tmpdir(), 'snapshot-'));
	removeAtExit(folder);
	await etcd.ctl('put', 'a', '1');
	await etcd.ctl('put', 'a', '2');
	await etcd.snapshot(join(folder, 'file'));
	await etcd.wipe();
	expect(await etcd.json<Get>('get', '', '--prefix')).toMatchObject({ header: { revision: 1 } });
	await etcd.restore(join(folder, 'file'));
	expect(await etcd.ctl('get', 'a', '--print-value-only')).toBe('2');
	await etcd.stop();
});

test('a wiped etcd can come back as another cluster', async () => {
	const etcd = await startEtcd();
	const id = async () =>
		(await etcd.json<{ readonly header: { readonly cluster_id: string } }>('get', 'a')).header.cluster_id;
	const before = await id();
	await etcd.wipe();
	expect(await id()).toBe(before);
	await etcd.wipe({ newCluster: true });
	expect(await id()).not.toBe(before);
	await etcd.kill();
});

test('an etcd with a small quota refuses to write once it is full', async () => {
	const etcd = await startEtcd({ quotaBytes: 1 << 20 });
	const fill = async () => {
		for (let n = 0; n < 40; n += 1) await etcd.ctl('put', `fill/${n}`, 'x'.repeat(100_000));
	};
	await expect(fill()).rejects.toThrow('database space exceeded');
	expect(await etcd.ctl('get', 'fill/0', '--print-value-only')).toHaveLength(100_000);
	await etcd.kill();
});

test('with a password for root nobody else may read', async () => {
	const etcd = await startEtcd({ rootPassword: 'secret' });
	expect(await etcd.ctl('put', 'a', '1')).toBe('OK');
	const bare = promisify(execFile)('etcdctl', ['--endpoints', etcd.endpoint, 'get', 'a'], {
		env: { PATH: process.env.PATH, ETCDCTL_API: '3' },
	});
	await expect(bare).rejects.toThrow('user name is empty');
	await etcd.stop();
});

test('a cluster agrees on one leader and works on after that one is killed', async () => {
	const cluster = await startCluster(3);
	const leader = await until(() => cluster.leader());
	await leader.kill();
	const next = await until(() => cluster.leader());
	expect(next).not.toBe(leader);
	expect(await next.ctl('put', 'a', '1')).toBe('OK');
	await cluster.stop();
});
