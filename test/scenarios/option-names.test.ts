import { afterAll, beforeAll, expect, test } from 'vitest';
import { discover } from '../../src/discovery.js';
import { createRegistrar } from '../../src/index.js';
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
