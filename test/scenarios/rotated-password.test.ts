import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startEtcd } from '../support/etcd/etcd.js';
import { removeAtExit } from '../support/process/guarded.js';
import { startRegistrar } from '../support/process/registrar.js';
import { until } from '../support/until.js';

test('a password that is changed in etcd and in ETCD_PASSWORD_FILE: registered again without a restart', async () => {
	const etcd = await startEtcd({ rootPassword: 'root-pw', args: ['--bcrypt-cost', '4'] });
	await etcd.ctl('user', 'add', 'service:first-pw');
	await etcd.ctl('role', 'add', 'service');
	await etcd.ctl('role', 'grant-permission', 'service', '--prefix=true', 'readwrite', '/ns/');
	await etcd.ctl('user', 'grant-role', 'service', 'service');
	const folder = mkdtempSync(join(tmpdir(), 'etcd-registrar-password-'));
	removeAtExit(folder);
	const file = join(folder, 'password');
	writeFileSync(file, 'first-pw\n');
	const registrar = startRegistrar(etcd.endpoint, {
		env: { ETCD_USERNAME: 'service', ETCD_PASSWORD_FILE: file },
	});
	await registrar.registered();

	// etcdctl takes a changed password from standard input only: the user is made anew with another.
	await etcd.ctl('user', 'delete', 'service');
	await etcd.ctl('user', 'add', 'service:second-pw');
	await etcd.ctl('user', 'grant-role', 'service', 'service');
	await registrar.waitForLog(({ reason }) => String(reason).includes('password'));
	await etcd.ctl('del', registrar.key);
	writeFileSync(file, 'second-pw\n');
	await until(async () => (await etcd.ctl('get', registrar.key)) !== '');

	registrar.signal('SIGTERM');
	expect((await registrar.waitExit()).code).toBe(0);
	expect(registrar.stderr).not.toMatch(/first-pw|second-pw/);
	expect(await etcd.leases()).toEqual([]);
	await etcd.stop();
});
