import { execFileSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, type TestContext, test } from 'vitest';
import { ctlEye } from '../support/etcd/ctl-eye.js';
import { type Etcd, startEtcd } from '../support/etcd/etcd.js';
import { newerEtcd } from '../support/etcd/newer-etcd.js';
import { needs } from '../support/needs.js';
import { removeAtExit } from '../support/process/guarded.js';
import { type RunningRegistrar, startRegistrar } from '../support/process/registrar.js';
import { end, expectQuietLog } from '../support/stage/stage.js';
import { Timeline } from '../support/stage/timeline.js';
import { until } from '../support/until.js';

const wait = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
const KEY = '/ns/user/10.0.0.5:8080';
const OTHER_KEY = '/ns/other/10.0.0.6:8080';
const BOTH = {
	SERVICES: 'a,b',
	SERVICE_A_NAME: 'user',
	SERVICE_B_NAME: 'other',
	SERVICE_B_ADDR: '10.0.0.6:8080',
};

/**
 * Tokens that live for two seconds; passwords hashed cheaply, since each read of the test's own costs one.
 */
const ARGS = ['--auth-token-ttl', '2', '--bcrypt-cost', '4'];
const READ_EVERY_MS = 250;

interface AuthStage {
	readonly etcd: Etcd;
	readonly registrar: RunningRegistrar;
	readonly timeline: Timeline;
	right(key: string): Promise<boolean>;
}

/** An etcd with the least role that suffices, and a registrar that has it. */
async function start(
	context: TestContext,
	{ binary, args = [], env = {}, ttlSeconds = 3 }: Options = {},
): Promise<AuthStage> {
	const etcd = await startEtcd({ rootPassword: 'root-password', binary, args: [...ARGS, ...args] });
	context.onTestFinished(() => etcd.kill());
	await etcd.ctl('role', 'add', 'registrar');
	for (const key of [KEY, OTHER_KEY])
		await etcd.ctl('role', 'grant-permission', 'registrar', 'readwrite', key);
	await addUser(etcd);
	const registrar = startRegistrar(etcd.endpoint, {
		ttlSeconds,
		env: { ETCD_USERNAME: 'svc', ETCD_PASSWORD: 'svc-password', ...env },
	});
	context.onTestFinished(() => end(registrar));
	const eye = ctlEye(etcd);
	const timeline = new Timeline(
		eye,
		KEY,
		({ lease, value }) => value === '10.0.0.5:8080' && registrar.isOurs(lease),
		READ_EVERY_MS,
	);
	context.onTestFinished(() => timeline.stop());
	await timeline.right();
	// A read without an answer says nothing.
	const read = async (key: string) => (await until(async () => ({ seen: await eye.get(key) }))).seen;
	return {
		etcd,
		registrar,
		timeline,
		right: async (key) => registrar.isOurs((await read(key))?.lease ?? null),
	};
}
interface Options {
	readonly binary?: string | undefined;
	readonly args?: readonly string[];
	readonly env?: Readonly<Record<string, string>>;
	readonly ttlSeconds?: number;
}

async function addUser(etcd: Etcd, password = 'svc-password'): Promise<void> {
	await etcd.ctl('user', 'add', `svc:${password}`);
	await etcd.ctl('user', 'grant-role', 'svc', 'registrar');
}
const authentications = async (etcd: Etcd) => (await etcd.metrics()).handled('Authenticate');

describe.each([
	['the etcd at hand', (): string | null | undefined => undefined],
	['etcd 3.5', newerEtcd],
] as const)('users and roles of %s', (_, find) => {
	const binary = find() ?? undefined;
	const missing = find() === null ? 'no etcd 3.5 can be had (ETCD_35_BIN names one)' : null;

	test.concurrent('tokens expire between the passes, and nobody notices', async (context) => {
		needs(context, missing);
		const { etcd, registrar, timeline } = await start(context, { binary, ttlSeconds: 6 });
		// Nothing of the test's own may authenticate in between: the counts and the revision tell all.
		await timeline.stop();
		const revision = async () => (await ctlEye(etcd).get(KEY))?.modRevision;
		const before = { key: await revision(), count: await authentications(etcd) };
		await wait(24_000);
		const count = (await authentications(etcd)) - before.count;
		expect(await revision()).toBe(before.key);
		// Four passes, a token life of two seconds: at most one token a pass, and one for the stream.
		expect(count).toBeGreaterThan(0);
		expect(count).toBeLessThanOrEqual(8);
		expectQuietLog(registrar);
	});

	test.concurrent('the password is changed and changed back', async (context) => {
		needs(context, missing);
		const { etcd, registrar, timeline } = await start(context, { binary });
		await etcd.ctl('user', 'delete', 'svc');
		await addUser(etcd, 'another');
		await registrar.waitForLog(({ level }) => level === 'warn');
		await wait(8_000);
		await etcd.ctl('user', 'delete', 'svc');
		await addUser(etcd);
		const mendedMs = performance.now();
		await timeline.right();
		// A refused password stands for an interval before etcd is asked again.
		expect(performance.now() - mendedMs).toBeLessThan(8_000);
		await wait(4_000);
		expect(timeline.lastSeen).toBe('right');
		expectQuietLog(registrar);
	});

	test.concurrent('the role is revoked and granted again', async (context) => {
		needs(context, missing);
		const { etcd, registrar, timeline } = await start(context, { binary });
		await etcd.ctl('role', 'revoke-permission', 'registrar', KEY);
		await registrar.waitForLog(({ message }) => message.startsWith('etcd denies this user the key'));
		await wait(5_000);
		await etcd.ctl('role', 'grant-permission', 'registrar', 'readwrite', KEY);
		await timeline.right();
		await wait(5_000);
		expect(timeline.lastSeen).toBe('right');
		expectQuietLog(registrar);
		expect(
			registrar.logs().filter(({ message }) => message.startsWith('etcd denies this user the key')),
		).toHaveLength(1);
	});

	test.concurrent('a key that is denied does not cost its sibling the registration', async (context) => {
		needs(context, missing);
		const { etcd, registrar, right } = await start(context, { binary, env: BOTH });
		await until(() => right(OTHER_KEY));
		await etcd.ctl('role', 'revoke-permission', 'registrar', OTHER_KEY);
		await registrar.waitForLog(
			({ message, key }) => message.startsWith('etcd denies this user the key') && key === OTHER_KEY,
		);
		for (let times = 0; times < 40; times += 1) {
			expect(await right(KEY)).toBe(true);
			await wait(250);
		}
		await etcd.ctl('role', 'grant-permission', 'registrar', 'readwrite', OTHER_KEY);
		await until(() => right(OTHER_KEY));
		expect(await right(KEY)).toBe(true);
		expectQuietLog(registrar);
	});

	test.concurrent('authentication is switched off and on while it runs', async (context) => {
		needs(context, missing);
		const { etcd, registrar, timeline } = await start(context, { binary });
		const fromMs = performance.now();
		await etcd.ctl('auth', 'disable');
		await wait(8_000);
		await etcd.ctl('auth', 'enable');
		await wait(8_000);
		expect(timeline.lastSeen).toBe('right');
		expect(timeline.marksSince(fromMs).has('absent')).toBe(false);
		expectQuietLog(registrar);
		registrar.signal('SIGTERM');
		expect((await registrar.waitExit()).code).toBe(0);
		expect(await etcd.ctl('get', KEY)).toBe('');
	});
});

test('JWTs are renewed when the users change: nobody notices', async (context) => {
	const binary = newerEtcd();
	needs(context, binary === null ? 'no etcd 3.5 can be had (ETCD_35_BIN names one)' : null);
	const folder = mkdtempSync(join(tmpdir(), 'jwt-'));
	removeAtExit(folder);
	const [secret, open] = [join(folder, 'key.pem'), join(folder, 'public.pem')];
	execFileSync('openssl', ['genrsa', '-out', secret, '2048'], { stdio: 'pipe' });
	execFileSync('openssl', ['rsa', '-in', secret, '-pubout', '-out', open], { stdio: 'pipe' });
	const args = ['--auth-token', `jwt,pub-key=${open},priv-key=${secret},sign-method=RS256,ttl=5m`];
	const { etcd, registrar, timeline } = await start(context, { binary: binary ?? undefined, args });
	const revision = async () => (await ctlEye(etcd).get(KEY))?.modRevision;
	const before = await revision();
	for (let user = 0; user < 5; user += 1) {
		await etcd.ctl('user', 'add', `unrelated${user}:password`);
		await wait(2_000);
	}
	expect(timeline.lastSeen).toBe('right');
	expect(await revision()).toBe(before);
	expectQuietLog(registrar);
});
