/** Processes of one service whose checks fail at once. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startEtcd } from '../../support/etcd/etcd.js';
import { Gateway } from '../../support/etcd/gateway.js';
import { freePort } from '../../support/network/net.js';
import { runCommand } from '../../support/process/command.js';
import { removeAtExit } from '../../support/process/guarded.js';
import { getText } from '../../support/process/http.js';
import { until } from '../../support/until.js';

test('of three at least one stays in; one that fails alone is withdrawn; all are back when their checks pass', {
	timeout: 180_000,
}, async ({ onTestFinished }) => {
	const etcd = await startEtcd();
	const gateway = new Gateway(etcd.endpoint);
	onTestFinished(async () => {
		gateway.close();
		await etcd.kill();
	});
	const folder = mkdtempSync(join(tmpdir(), 'min-healthy-'));
	removeAtExit(folder);
	const healthy = (at: number) => join(folder, `healthy-${at}`);
	const instances = await Promise.all(
		[0, 1, 2].map(async (at) => {
			writeFileSync(healthy(at), '');
			const http = await freePort();
			const addr = `10.0.0.${at + 1}:80`;
			const run = runCommand(['run'], {
				...{ ETCD_ENDPOINTS: etcd.endpoint, SERVICE_NAME: 'user', SERVICE_ADDR: addr, SERVICE_TTL: '2' },
				...{ SERVICE_CHECK: `exec:test -e ${healthy(at)}`, SERVICE_CHECK_INTERVAL: '200ms' },
				...{ SERVICE_CHECK_FALL: '2', SERVICE_CHECK_MIN_HEALTHY: '1', REGISTRAR_HTTP: String(http) },
			});
			const status = async () =>
				JSON.parse(await getText(`http://127.0.0.1:${http}/status`)) as { state: string; kept: object[] };
			return { run, status, key: `/ns/user/${addr}` };
		}),
	);
	const standing = async () => {
		const keys = await Promise.all(instances.map(({ key }) => gateway.get(key)));
		return keys.filter((key) => key !== null).length;
	};
	const all = () => until(async () => (await standing()) === 3, { what: 'all three in etcd' });
	await all();

	rmSync(healthy(0));
	await until(async () => (await standing()) === 2, { what: 'one withdrawn' });
	expect((await instances[0]?.status())?.state).toBe('withdrawn');
	writeFileSync(healthy(0), '');
	await all();

	for (const at of [0, 1, 2]) rmSync(healthy(at));
	let emptySinceMs: number | null = null;
	let [longestEmptyMs, isOver] = [0, false];
	const watching = (async () => {
		while (!isOver) {
			const isEmpty = (await standing()) === 0;
			emptySinceMs = isEmpty ? (emptySinceMs ?? performance.now()) : null;
			if (emptySinceMs !== null) longestEmptyMs = Math.max(longestEmptyMs, performance.now() - emptySinceMs);
		}
	})();
	const kept = await until(
		async () => {
			const each = await Promise.all(instances.map(({ status }) => status()));
			const staying = each.filter(({ kept }) => kept.length > 0);
			const [one, ...more] = staying;
			// The key may be in etcd before the pass that wrote it has ended.
			return one?.state === 'registered' && more.length === 0 && (await standing()) === 1 && staying;
		},
		{ what: 'one that stays in' },
	);
	expect(kept).toMatchObject([{ kept: [{ service: 'user', others: 0, needed: 1 }] }]);
	isOver = true;
	await watching;
	// Those that happen to go together come back at once.
	expect(longestEmptyMs).toBeLessThan(2_000);

	for (const at of [0, 1, 2]) writeFileSync(healthy(at), '');
	await all();
	for (const { run, status } of instances) {
		await until(async () => {
			const { state, kept } = await status();
			return state === 'registered' && kept.length === 0;
		});
		run.signal('SIGTERM');
		expect((await run.waitExit()).code).toBe(0);
	}
	const told = instances
		.flatMap(({ run }) => run.logs())
		.filter(({ message }) => /but the service stays registered/.test(message));
	expect(told.length).toBeGreaterThanOrEqual(1);
	expect(told[0]).toMatchObject({ level: 'warn', service: 'user', needed: 1 });
});
