import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { type Etcd, startEtcd } from '../../support/etcd/etcd.js';
import { freePort } from '../../support/network/net.js';
import { runCommand } from '../../support/process/command.js';
import { removeAtExit } from '../../support/process/guarded.js';

const PASSWORD = 'root-password';
let etcd: Etcd;
beforeAll(async () => {
	etcd = await startEtcd({ rootPassword: PASSWORD, args: ['--bcrypt-cost', '4'] });
	return () => etcd.kill();
});
const SERVICE = { SERVICE_NAME: 'user', SERVICE_ADDR: '10.0.0.5:80' };
const KEY = '/ns/user/10.0.0.5:80';
const check = (env: Readonly<Record<string, string>>, cwd?: string) =>
	runCommand(
		['check'],
		{ ETCD_ENDPOINTS: etcd.endpoint, ...SERVICE, ...env },
		cwd === undefined ? {} : { cwd },
	).waitExit();

async function aUser(name: string, ...permission: string[]): Promise<Record<string, string>> {
	await etcd.ctl('user', 'add', `${name}:pw`);
	await etcd.ctl('role', 'add', name);
	if (permission.length > 0) await etcd.ctl('role', 'grant-permission', name, ...permission);
	await etcd.ctl('user', 'grant-role', name, name);
	return { ETCD_USERNAME: name, ETCD_PASSWORD: 'pw' };
}

test('the least role that it prints is enough, and nothing is written', async () => {
	const user = await aUser('least');
	const before = await check(user);
	expect(before.code).toBe(69);
	expect(before.stderr).toContain(`permission denied: the role must allow readwrite on ${KEY}`);
	const commands =
		before.stdout
			.match(/etcdctl role grant-permission .*/g)
			?.map((line) => line.replaceAll("'", '').split(' ').slice(1)) ?? [];
	expect(commands).toEqual([['role', 'grant-permission', 'registrar-user', 'readwrite', KEY]]);
	for (const [group = '', verb = '', , ...rest] of commands) await etcd.ctl(group, verb, 'least', ...rest);
	const revision = async () =>
		(await etcd.json<{ header: { revision: number } }>('get', 'x')).header.revision;
	const [was, leases] = [await revision(), await etcd.leases()];
	const after = await check(user);
	expect(after).toMatchObject({ code: 0, stderr: '' });
	expect(after.stdout).toContain('ok: nothing stands in the way');
	expect([await revision(), await etcd.leases()]).toEqual([was, leases]);
});

test('where instances are counted, the role may read their prefix, and that is enough to count', async () => {
	const env = {
		SERVICE_CHECK: 'exec:true',
		SERVICE_CHECK_MIN_HEALTHY: '1',
		SERVICE_FORMAT: 'address,kratos',
	};
	const { stdout } = await check({ ...(await aUser('counter')), ...env });
	const grants = stdout.match(/role grant-permission .*/g)?.map((line) => line.trim());
	expect(grants).toEqual([
		`role grant-permission registrar-user readwrite ${KEY}`,
		'role grant-permission registrar-user readwrite /microservices/user/user-10-0-0-5-80',
		'role grant-permission registrar-user --prefix=true read /ns/user/',
		'role grant-permission registrar-user --prefix=true read /microservices/user/',
	]);
});

test('reading alone is not enough, and it says what is missing', async () => {
	const { code, stdout } = await check(await aUser('reader', 'read', KEY));
	expect(code).toBe(69);
	expect(stdout).toMatch(/absent: would be registered +write: DENIED/);
});

test('a reader that leaves before the end changes neither the exit code nor what stderr says', async () => {
	const wrap = ['bash', '-c', 'set -o pipefail; "$@" | true', 'bash'];
	const { code, stderr } = await runCommand(
		['check'],
		{ ETCD_ENDPOINTS: etcd.endpoint, ...SERVICE },
		{ wrap },
	).waitExit();
	expect(stderr).not.toContain('EPIPE');
	expect(stderr).toContain('ETCD_USERNAME');
	expect(code).toBe(69);
});

test.each([
	[
		'etcd that is not there',
		{ ETCD_ENDPOINTS: 'http://127.0.0.1:1' },
		69,
		'http://127.0.0.1:1 does not answer: connection refused',
	],
	[
		'a name that nobody knows',
		{ ETCD_ENDPOINTS: 'http://no-such-host.invalid:2379' },
		69,
		'cannot be resolved',
	],
	[
		'a wrong password',
		{ ETCD_USERNAME: 'root', ETCD_PASSWORD: 'no' },
		69,
		'refuses the user name or the password',
	],
	['no password where one is wanted', {}, 69, 'ETCD_USERNAME'],
	['a wrong configuration', { SERVICE_ADDR: 'nope' }, 78, 'SERVICE_ADDR'],
])('%s: the cause is named', async (_sentence, env, code, cause) => {
	const exit = await check(env);
	expect(exit.code).toBe(code);
	expect(exit.stderr).toContain(cause);
});

test('an address of this host where nothing accepts is told, and a duration as it was understood', async () => {
	const port = await freePort();
	const env = { SERVICE_ADDR: `127.0.0.1:${port}`, REGISTRAR_STOP_TIMEOUT: '5000' };
	const user = await aUser('silent', 'readwrite', `/ns/user/127.0.0.1:${port}`);
	const silent = await check({ ...user, ...env });
	expect(silent.stderr).toContain(`nothing accepts at 127.0.0.1:${port} on this host`);
	expect(silent.stderr).toContain('did you mean 5000ms?');
	expect(silent.stdout).toMatch(/REGISTRAR_STOP_TIMEOUT +83m20s +environment/);
	expect(silent.code).toBe(0);
	const guarded = await check({ ...user, ...env, SERVICE_CHECK: 'port' });
	expect(guarded.stderr).not.toContain('nothing accepts');
	expect(guarded.stdout).toMatch(/SERVICE_CHECK +port +environment/);
});

test('each value is shown with its source; what etcd holds is told', async () => {
	const cwd = mkdtempSync(join(tmpdir(), 'check-'));
	removeAtExit(cwd);
	writeFileSync(join(cwd, '.env'), 'SERVICE_META_ZONE=a\nSERVICE_VERSION=1\n');
	writeFileSync(join(cwd, 'pw'), PASSWORD);
	await etcd.ctl('put', KEY, 'other');
	const env = {
		ETCDCTL_USERNAME: 'root',
		ETCD_PASSWORD_FILE: join(cwd, 'pw'),
		SERVICE_VERSION: '2',
		SERVICE_FORMAT: 'json',
	};
	const { code, stdout } = await check(env, cwd);
	expect(code).toBe(0);
	for (const line of [
		/ETCD_USERNAME +root +environment, by ETCDCTL_USERNAME/,
		/ETCD_PASSWORD +\(set\) +environment, by ETCD_PASSWORD_FILE/,
		/SERVICE_VERSION +2 +environment/,
		/SERVICE_META_ZONE +a +file/,
		/SERVICE_TTL +5 +default/,
		/there without a lease, another value/,
	])
		expect(stdout).toMatch(line);
	expect(stdout).toContain('"version":"2"');
});
