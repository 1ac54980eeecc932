import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { startEtcd } from '../support/etcd/etcd.js';
import { Gateway } from '../support/etcd/gateway.js';
import { spawnGuarded } from '../support/process/guarded.js';
import type { Ending } from '../support/stage/stage.js';
import { until } from '../support/until.js';

const COMMAND = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));
const KEY = '/ns/user/10.0.0.5:8080';

/**
 * A registrar whose log goes into a pipe of the test's own; `full`: nobody reads it, and it can take no byte
 * more.
 */
async function start(
	context: Ending,
	{ full = false } = {},
): Promise<{ child: ChildProcess; gateway: Gateway }> {
	const etcd = await startEtcd();
	context.onTestFinished(() => etcd.kill());
	const env = {
		PATH: process.env.PATH,
		ETCD_ENDPOINTS: etcd.endpoint,
		SERVICE_NAME: 'user',
		SERVICE_ADDR: '10.0.0.5:8080',
		SERVICE_TTL: '2',
		LOG_LEVEL: 'debug',
	};
	// What fills the pipe blocks when it is full, and is then cut short.
	const fill = full ? 'timeout 1 head -c 10000000 /dev/zero >&2;' : '';
	const child = spawnGuarded('sh', ['-c', `${fill} exec "$@"`, 'sh', process.execPath, COMMAND], {
		env,
		cwd: '/',
		stdio: ['ignore', 'ignore', 'pipe'],
	});
	context.onTestFinished(() => void child.kill('SIGKILL'));
	const gateway = new Gateway(etcd.endpoint);
	context.onTestFinished(() => gateway.close());
	await until(() => gateway.get(KEY));
	return { child, gateway };
}

/** Makes the registrar say something, and waits until it has mended the key each time. */
async function healsFiveTimes({ gateway }: { gateway: Gateway }): Promise<void> {
	for (let times = 0; times < 5; times += 1) {
		await gateway.delete(KEY);
		await until(() => gateway.get(KEY));
	}
	await until(async () => (await gateway.leases()).length === 1);
}

describe.concurrent('whatever becomes of the reader of the log, the key stays', () => {
	test('a reader that goes away', async (context) => {
		const { child, gateway } = await start(context);
		child.stderr?.destroy();
		await healsFiveTimes({ gateway });
		child.kill('SIGTERM');
		expect(await once(child, 'exit')).toEqual([0, null]);
		expect(await gateway.get(KEY)).toBeNull();
	});

	test('a reader that stalls', async (context) => {
		const { child, gateway } = await start(context, { full: true });
		await healsFiveTimes({ gateway });
		child.kill('SIGTERM');
		expect(await once(child, 'exit')).toEqual([0, null]);
		expect(await gateway.get(KEY)).toBeNull();
	});

	test('a pipe whose reader dies kills a plain program: the signal is real', async () => {
		const plain = spawn(
			process.execPath,
			['-e', 'setInterval(() => process.stderr.write("x".repeat(1000)), 10)'],
			{
				stdio: ['ignore', 'ignore', 'pipe'],
			},
		);
		plain.stderr.destroy();
		const [code] = await once(plain, 'exit');
		expect(code).not.toBe(0);
	});
});
