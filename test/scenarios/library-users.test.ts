import { afterAll, beforeAll, expect, test } from 'vitest';
import { discover } from '../../src/discovery.js';
import { createRegistrar, type Logger } from '../../src/index.js';
import { type Etcd, startEtcd } from '../support/etcd/etcd.js';
import { until } from '../support/until.js';

let etcd: Etcd;
beforeAll(async () => {
	etcd = await startEtcd({ rootPassword: 'root' });
});
afterAll(() => etcd.stop());

/** `null` as long as nothing has failed. */
type LastError = () => string | null;

test.each<readonly [who: string, begin: () => { lastError: LastError; end(): Promise<void> }]>([
	[
		'registers',
		() => {
			const registrar = createRegistrar({
				endpoints: etcd.endpoint,
				services: [{ name: 'user', addr: '10.0.0.5:80' }],
			});
			void registrar.start();
			return { lastError: () => registrar.status().lastError, end: () => registrar.stop() };
		},
	],
	[
		'discovers',
		() => {
			const users = discover({ endpoints: etcd.endpoint, name: 'user' });
			return { lastError: () => users.status().lastError, end: () => users.close() };
		},
	],
])('a program that %s reads the names of options, not of variables', async (_who, begin) => {
	const { lastError, end } = begin();
	const error = await until(lastError);
	expect(error).toContain('set auth.username and auth.password');
	expect(error).not.toContain('ETCD_');
	await end();
});

test('a logger whose promises reject costs neither the registrar nor the reader nor their process anything', async () => {
	const reasons: unknown[] = [];
	const onUnhandled = (reason: unknown) => void reasons.push(reason);
	process.on('unhandledRejection', onUnhandled);
	const lines: string[] = [];
	const line = async (message: string) => {
		lines.push(message);
		throw new Error('the log is away');
	};
	const logger = { debug: line, info: line, warn: line, error: line } as Logger;
	const common = { endpoints: etcd.endpoint, auth: { username: 'root', password: 'root' }, logger };
	const name = 'with-a-logger';
	// A weight that this format does not carry is warned of before anything runs.
	const registrar = createRegistrar({ ...common, services: [{ name, addr: '10.0.0.5:80', weight: 5 }] });
	await registrar.start();
	await registrar.ready();
	const users = discover({ ...common, name });
	await users.ready();
	expect(users.instances).toHaveLength(1);
	await users.close();
	await registrar.stop();
	expect(lines).toEqual(expect.arrayContaining(['registered', 'deregistered']));
	process.off('unhandledRejection', onUnhandled);
	expect(reasons).toEqual([]);
});
