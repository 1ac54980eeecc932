import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { removeAtExit } from '../support/process/guarded.js';
import type { Stage } from '../support/stage/stage.js';
import { measure } from './measure.js';
import { MENDED, RECONNECTED } from './row.js';

const wait = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
const folder = mkdtempSync(join(tmpdir(), 'snapshots-'));
removeAtExit(folder);
let count = 0;

async function saveSnapshot({ etcd }: Stage): Promise<string> {
	count += 1;
	const file = join(folder, `${count}.db`);
	await etcd.snapshot(file);
	return file;
}

describe('a bad etcd', () => {
	test('down for long', (context) =>
		measure(context, {
			name: 'etcd is down for ten TTLs',
			bound: RECONNECTED,
			commit: async ({ etcd, ttlMs }) => {
				await etcd.kill();
				await wait(10 * ttlMs);
				await etcd.start();
				return performance.now();
			},
		}));

	test('restored with a living lease of ours', (context) =>
		measure(context, {
			name: 'etcd is restored from a snapshot with our key and lease',
			bound: RECONNECTED,
			commit: async (stage) => {
				const file = await saveSnapshot(stage);
				await wait(stage.ttlMs);
				await stage.etcd.restore(file);
				return performance.now();
			},
		}));

	test('restored with leases of the past', (context) =>
		measure(context, {
			name: 'etcd is restored: a lease long replaced comes back with the key',
			bound: RECONNECTED,
			commit: async (stage) => {
				const { gateway, registrar, timeline } = stage;
				const file = await saveSnapshot(stage);
				const [old] = await gateway.leases();
				await gateway.revoke(old ?? '');
				await timeline.right();
				await gateway.delete(registrar.key);
				await timeline.right();
				expect(await gateway.leases()).not.toContain(old);
				await stage.etcd.restore(file);
				return performance.now();
			},
		}));

	test('restored to a time before us', (context) =>
		measure(context, {
			name: 'etcd is restored to a time before the registration, under load',
			bound: RECONNECTED,
			commit: async (stage) => {
				const { gateway, registrar, etcd } = stage;
				registrar.signal('SIGSTOP');
				const [lease] = await gateway.leases();
				await gateway.revoke(lease ?? '');
				const file = await saveSnapshot(stage);
				registrar.signal('SIGCONT');
				await stage.timeline.right();
				await etcd.restore(file);
				return performance.now();
			},
		}));

	test('compacted', (context) =>
		measure(context, {
			name: 'etcd is compacted under the watch, then the key is deleted',
			bound: MENDED,
			commit: async ({ gateway, registrar, etcd }) => {
				for (let times = 0; times < 50; times += 1) await gateway.put('other', String(times));
				const { header } = await gateway.call<{ header: { revision: string } }>('/v3/kv/range', {
					key: 'b3RoZXI=',
				});
				await etcd.ctl('compact', header.revision);
				await gateway.delete(registrar.key);
				return performance.now();
			},
		}));

	test('out of space', (context) =>
		measure(context, {
			name: 'etcd is out of space while the key is deleted, until the alarm is lifted',
			bound: 'comes back',
			runs: 3,
			stage: { etcd: { quotaBytes: 256 * 1024 } },
			commit: async ({ gateway, registrar, etcd, ttlMs }) => {
				const big = 'x'.repeat(60_000);
				let full = false;
				for (let times = 0; times < 40 && !full; times += 1) {
					full = await gateway.put('big', big).then(
						() => false,
						() => true,
					);
				}
				expect(full).toBe(true);
				await gateway.delete(registrar.key);
				await wait(2 * ttlMs);
				const { header } = await gateway.call<{ header: { revision: string } }>('/v3/kv/range', {
					key: 'YmlnCg==',
				});
				await gateway.delete('big');
				await etcd.ctl('compact', header.revision);
				await etcd.ctl('defrag');
				await etcd.ctl('alarm', 'disarm');
				return performance.now();
			},
		}));
});
