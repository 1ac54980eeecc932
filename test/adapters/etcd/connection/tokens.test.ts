import { mkdtempSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { EtcdStoreOptions } from '../../../../src/adapters/etcd/store.js';
import { StoreError } from '../../../../src/core/errors.js';
import { keepaliveLog, put, watchLog } from '../../../support/etcd/contract/kit.js';
import { type Etcd, startEtcd } from '../../../support/etcd/etcd.js';
import { aRealStore } from '../../../support/etcd/real-store.js';
import { removeAtExit } from '../../../support/process/guarded.js';
import { until } from '../../../support/until.js';

let etcd: Etcd;
const opened: { close(): void }[] = [];

beforeAll(async () => {
	etcd = await startEtcd({ rootPassword: 'root-pw', args: ['--auth-token-ttl', '2', '--bcrypt-cost', '4'] });
	await etcd.ctl('user', 'add', 'app:right');
	await etcd.ctl('role', 'add', 'writer');
	await etcd.ctl('role', 'grant-permission', 'writer', '--prefix=true', 'readwrite', '/app/');
	await etcd.ctl('user', 'grant-role', 'app', 'writer');
});
afterAll(() => etcd.stop());
afterEach(() => {
	for (const store of opened.splice(0)) store.close();
});

function connect(password: string | null, options: Partial<EtcdStoreOptions> = {}) {
	const real = aRealStore([etcd.endpoint], {
		auth: password === null ? null : { username: 'app', password },
		authRetryMs: 60_000,
		...options,
	});
	opened.push(real.store);
	return real;
}
/** How often etcd had to check a password since `before`. */
const authenticates = async (before = 0) => (await etcd.metrics()).handled('Authenticate') - before;

test('one authentication serves all calls, also the first grant beside the first read', async () => {
	const before = await authenticates();
	const { store } = connect('right');
	await Promise.all([store.read(['/app/a']), store.grant('200', 30)]);
	for (let n = 0; n < 10; n += 1) await store.read(['/app/a']);
	expect(await store.grant('200', 30)).toBe(30);
	expect(await store.write([put('/app/a', '1', '200')])).toBe(true);
	await store.revoke('200');
	expect(await authenticates(before)).toBe(1);
});

test('a key outside the role is denied, and that is no reason to authenticate again', async () => {
	const { store } = connect('right');
	await store.read(['/app/a']);
	const before = await authenticates();
	await expect(store.read(['/others/a'])).rejects.toMatchObject({ code: 'permission-denied' });
	await expect(store.read(['/app/a', '/others/a'])).rejects.toMatchObject({ code: 'permission-denied' });
	await expect(store.count('/')).rejects.toMatchObject({ code: 'permission-denied' });
	expect(await authenticates(before)).toBe(0);
});

test('a token that expired is replaced within the call, once for all calls that travel together', async () => {
	const { store } = connect('right');
	await store.read(['/app/a']);
	let before = await authenticates();
	const expired = async () => {
		before = await authenticates();
		await Promise.all(Array.from({ length: 8 }, () => store.read(['/app/a'])));
		return (await authenticates(before)) > 0;
	};
	// Each use makes it last its two seconds once more: quiet for longer than that.
	await until(expired, { everyMs: 4_000 });
	expect(await authenticates(before)).toBe(1);
});

test('a wrong password is told as such, and etcd is not made to check it again and again', async () => {
	const { store } = connect('wrong');
	const before = await authenticates();
	for (let n = 0; n < 20; n += 1) {
		await expect(store.read(['/app/a'])).rejects.toMatchObject({
			name: 'StoreError',
			code: 'authentication-failed',
		});
	}
	expect(await authenticates(before)).toBe(1);
});

test('a password that becomes right is found out at the next try', async () => {
	const { store } = connect('later', { authRetryMs: 200 });
	await expect(store.read(['/app/a'])).rejects.toMatchObject({ code: 'authentication-failed' });
	await changePassword('later');
	await until(() => store.read(['/app/a']));
	await changePassword('right');
});

test('a password that is changed while it runs: reported as such, and all works again when it is changed back', async () => {
	const { store } = connect('right', { authRetryMs: 200 });
	await store.read(['/app/a']);
	await changePassword('other');
	await until(() =>
		store.read(['/app/a']).then(
			() => false,
			(error: unknown) => error instanceof Error && 'code' in error && error.code === 'authentication-failed',
		),
	);
	await changePassword('right');
	await until(() => store.read(['/app/a']));
});

test('a password that rotates in etcd and in its file is read again: no restart', async () => {
	const folder = mkdtempSync(join(tmpdir(), 'etcd-password-'));
	removeAtExit(folder);
	const passwordFile = join(folder, 'password');
	writeFileSync(passwordFile, 'right\n');
	// A refusal stands for a minute: what is in the file counts, not the time.
	const { store } = connect('right', { auth: { username: 'app', password: 'right', passwordFile } });
	const read = () => store.read(['/app/a']);
	await read();
	await changePassword('rotated');
	const refused = (what: RegExp) => async () => {
		const error = await read().catch((caught: unknown) => caught);
		return error instanceof StoreError && error.code === 'authentication-failed' && what.test(error.message);
	};
	await until(refused(/refuses the user name or the password/));
	const before = await authenticates();
	for (let n = 0; n < 5; n += 1) await read().catch(() => undefined);
	expect(await authenticates(before)).toBe(0);
	unlinkSync(passwordFile);
	await until(refused(/the file with the password for etcd, .*password, cannot be read/));
	writeFileSync(passwordFile, '');
	await until(refused(/is empty/));
	writeFileSync(passwordFile, 'rotated\n');
	await read();
	expect(await authenticates(before)).toBe(1);
	await changePassword('right');
});

test('without credentials an etcd that wants them says so in a sentence', async () => {
	const { store } = connect(null);
	await expect(store.read(['/app/a'])).rejects.toMatchObject({
		name: 'StoreError',
		message: expect.stringMatching(/user name/i),
	});
});

test('switched off and on again while we run: it goes on, tells once, and authenticates when it must', async () => {
	const { store, lines } = connect('right', { authRetryMs: 200 });
	await store.read(['/app/a']);
	await etcd.ctl('auth', 'disable');
	try {
		for (let n = 0; n < 5; n += 1) await until(() => store.read(['/app/a', '/others/a']));
		// One that starts now has no token to go on with.
		const late = connect('right', { authRetryMs: 100 });
		const before = await authenticates();
		for (let n = 0; n < 5; n += 1) await late.store.read(['/app/a', '/others/a']);
		await until(async () => {
			await late.store.read(['/app/a']);
			return (await authenticates(before)) > 1;
		});
		expect(late.lines.map(({ level }) => level)).toEqual(['warn']);
		await etcd.ctl('auth', 'enable');
		await until(() => late.store.read(['/app/a']));
		await until(() => store.read(['/app/a']));
		await expect(late.store.read(['/others/a'])).rejects.toMatchObject({ code: 'permission-denied' });
	} finally {
		await etcd.ctl('auth', 'enable').catch(() => {});
	}
	expect(lines.length).toBeLessThanOrEqual(1);
});

test('streams authenticate as calls do', async () => {
	const { store } = connect('right');
	await store.read(['/app/a']);
	await store.grant('201', 30);
	const [keepalive, watch] = [keepaliveLog(), watchLog()];
	const stream = await store.openKeepalive(keepalive.listener);
	await store.openWatch([['/app/b'], ['/others/b']], watch.listener);
	stream.request('201');
	await until(() => keepalive.answers.length === 1 && watch.opened === 1);
	await store.write([put('/app/b', '1', '201')]);
	await until(() => watch.told.length === 1);
	await store.revoke('201');
	expect([keepalive.ends, watch.ends]).toEqual([[], []]);
});

async function changePassword(password: string): Promise<void> {
	await etcd.ctl('user', 'delete', 'app');
	await etcd.ctl('user', 'add', `app:${password}`);
	await etcd.ctl('user', 'grant-role', 'app', 'writer');
}
