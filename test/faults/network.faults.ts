import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'vitest';
import { startEtcd } from '../support/etcd/etcd.js';
import { Gateway } from '../support/etcd/gateway.js';
import { needs } from '../support/needs.js';
import { freePort } from '../support/network/net.js';
import { networkMissing, startNetwork, type TestNetwork } from '../support/network/netns.js';
import { startProxy } from '../support/network/proxy.js';
import { removeAtExit } from '../support/process/guarded.js';
import { startRegistrar } from '../support/process/registrar.js';
import { end, observe, type Stage } from '../support/stage/stage.js';
import { measure, TTL_SECONDS } from './measure.js';
import { RECONNECTED } from './row.js';

const wait = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
const ttlMs = TTL_SECONDS * 1_000;

describe('a bad network', () => {
	test('packets are dropped', async (context) => {
		needs(context, networkMissing());
		const networks = new Map<Stage, TestNetwork>();
		await measure(context, {
			name: 'packets are dropped without a word (network namespace)',
			bound: RECONNECTED,
			open: async (_, runs) => {
				for (let run = 0; run < runs; run += 1) {
					const network = startNetwork();
					context.onTestFinished(() => network.close());
					// The registrar is on the far side of the cable, so that what reads etcd is not cut off with it.
					const etcd = await startEtcd({ host: network.ourSide });
					context.onTestFinished(() => etcd.kill());
					const registrar = startRegistrar(etcd.endpoint, { ttlSeconds: TTL_SECONDS, wrap: network.wrap });
					context.onTestFinished(() => end(registrar));
					const gateway = new Gateway(etcd.endpoint);
					const timeline = observe(context, gateway, registrar);
					await timeline.right();
					networks.set(
						{ etcd, gateway, registrar, timeline, ttlMs, proxy: await unused(etcd.endpoint, context) },
						network,
					);
				}
				return [...networks.keys()];
			},
			commit: async (stage) => {
				const network = networks.get(stage);
				network?.drop();
				await wait(3 * stage.ttlMs);
				network?.heal();
				return performance.now();
			},
		});
	});

	test.concurrent('a slow link', (context) =>
		measure(context, {
			name: 'a link of 300 to 400 ms each way for ten TTLs',
			bound: 'never missing',
			commit: async ({ proxy, ttlMs }) => {
				proxy.delay({ ms: 300, jitterMs: 100 });
				await wait(10 * ttlMs);
				return performance.now();
			},
		}));

	test.concurrent('a resetting link', (context) =>
		measure(context, {
			name: 'every connection reset each second for ten TTLs',
			bound: 'never missing',
			commit: async ({ proxy, ttlMs }) => {
				proxy.resetEvery(1_000);
				await wait(10 * ttlMs);
				proxy.resetEvery(0);
				return performance.now();
			},
		}));

	test('a name that changes its address', async (context) => {
		needs(context, networkMissing());
		const hosts = new Map<Stage, { file: string; dataDir: string; port: number }>();
		await measure(context, {
			name: "etcd's name moves to another address",
			bound: RECONNECTED,
			runs: 3,
			open: async (_, runs) => {
				for (let run = 0; run < runs; run += 1) {
					const folder = mkdtempSync(join(tmpdir(), 'hosts-'));
					removeAtExit(folder);
					const file = join(folder, 'hosts');
					writeFileSync(file, '127.0.0.1 localhost\n127.0.0.1 etcd.test\n');
					const dataDir = join(folder, 'data');
					const port = await freePort();
					const etcd = await startEtcd({ port, dataDir });
					context.onTestFinished(() => etcd.kill());
					// A hosts file of its own, in a mount namespace of its own.
					const wrap = [
						'unshare',
						'--mount',
						'sh',
						'-c',
						`mount --bind ${file} /etc/hosts && exec "$@"`,
						'sh',
					];
					const registrar = startRegistrar(`http://etcd.test:${port}`, { ttlSeconds: TTL_SECONDS, wrap });
					context.onTestFinished(() => end(registrar));
					const gateway = new Gateway(etcd.endpoint);
					const timeline = observe(context, gateway, registrar);
					await timeline.right();
					const stage = {
						etcd,
						gateway,
						registrar,
						timeline,
						ttlMs,
						proxy: await unused(etcd.endpoint, context),
					};
					hosts.set(stage, { file, dataDir, port });
				}
				return [...hosts.keys()];
			},
			commit: async (stage) => {
				const { file = '', dataDir = '', port = 0 } = hosts.get(stage) ?? {};
				await stage.etcd.kill();
				writeFileSync(file, '127.0.0.1 localhost\n127.0.0.2 etcd.test\n');
				await wait(2 * stage.ttlMs);
				const moved = await startEtcd({ port, dataDir, host: '127.0.0.2' });
				context.onTestFinished(() => moved.kill());
				stage.gateway.endpoint = moved.endpoint;
				return performance.now();
			},
		});
	});
});

/** A stage has a proxy, which these scenarios go past. */
async function unused(endpoint: string, context: { onTestFinished(act: () => Promise<void>): void }) {
	const proxy = await startProxy(endpoint);
	context.onTestFinished(() => proxy.close());
	return proxy;
}
