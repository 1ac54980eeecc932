import { mkdtempSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { type Etcd, startEtcd } from '../../support/etcd/etcd.js';
import { Gateway } from '../../support/etcd/gateway.js';
import { freePort } from '../../support/network/net.js';
import { type RunningCommand, runCommand } from '../../support/process/command.js';
import { removeAtExit } from '../../support/process/guarded.js';
import { getText } from '../../support/process/http.js';
import { endWrapped, wrap } from '../../support/process/wrapped.js';
import { until } from '../../support/until.js';

let etcd: Etcd;
let gateway: Gateway;
beforeAll(async () => {
	etcd = await startEtcd();
	gateway = new Gateway(etcd.endpoint);
	return async () => {
		gateway.close();
		await etcd.kill();
	};
});

function socketPath(): string {
	const folder = mkdtempSync(join(tmpdir(), 'control-'));
	removeAtExit(folder);
	return join(folder, 'c.sock');
}

let count = 0;

/** A registrar of the services `<name>-a` and `<name>-b`, and the commands that steer it. */
async function start(more: Readonly<Record<string, string>> = {}) {
	const path = socketPath();
	const name = `control-${process.pid}-${++count}`;
	const env = {
		...{ ETCD_ENDPOINTS: etcd.endpoint, REGISTRAR_CONTROL: path, SERVICE_TTL: '2', SERVICES: 'a,b' },
		...{ SERVICE_A_NAME: `${name}-a`, SERVICE_B_NAME: `${name}-b`, SERVICE_ADDR: '10.0.0.5:80' },
		...more,
	};
	const run = runCommand(['run'], env);
	const command = (...args: readonly string[]) => runCommand(args, env).waitExit();
	const status = async () => JSON.parse((await command('status', '--json')).stdout) as Document;
	/** Which of the two are in etcd. */
	const standing = async () => {
		const seen = await Promise.all(
			['a', 'b'].map((which) => gateway.get(`/ns/${name}-${which}/10.0.0.5:80`)),
		);
		return seen.map((key) => (key === null ? '-' : '+')).join('');
	};
	await run.waitForLog(({ message }) => message === 'the control socket is served');
	return { run, command, status, standing, path, name, env };
}

interface Document {
	readonly state: string;
	readonly ready: boolean;
	readonly reason: string;
	readonly paused: readonly { readonly service: string; readonly reason: string | null }[];
}

async function end(run: RunningCommand): Promise<void> {
	run.signal('SIGTERM');
	expect((await run.waitExit()).code).toBe(0);
}

describe.concurrent('control', () => {
	test('pause and resume of one and of all: confirmed by etcd, told everywhere, idempotent', async () => {
		const http = await freePort();
		const { run, command, status, standing, name } = await start({ REGISTRAR_HTTP: String(http) });
		await until(async () => (await standing()) === '++');
		const one = await command('pause', `${name}-a`, '--reason', 'moving\nits disk');
		expect(one).toMatchObject({
			code: 0,
			stdout: `paused: nothing of ${name}-a is in etcd any more\n`,
			stderr: '',
		});
		expect(await standing()).toBe('-+');
		expect(await status()).toMatchObject({
			...{ state: 'registered', ready: true },
			paused: [{ service: `${name}-a`, reason: 'moving its disk' }],
		});
		expect(await getText(`http://127.0.0.1:${http}/readyz`)).toContain(
			`${name}-a is paused (moving its disk)`,
		);
		expect((await command('pause', `${name}-a`)).code).toBe(0);
		expect(await command('pause')).toMatchObject({ code: 0 });
		expect(await standing()).toBe('--');
		const table = (await command('status')).stdout;
		expect(table).toMatch(/^paused \(moving its disk\): withdrawn on request until resumed\n/);
		expect(table).toMatch(new RegExp(`^paused +${name}-a, [\\d.]+ s ago: moving its disk$`, 'm'));
		expect(await command('resume', `${name}-b`)).toMatchObject({
			code: 0,
			stdout: expect.stringMatching(/^resumed: every wanted key/),
		});
		expect(await standing()).toBe('-+');
		expect((await command('resume')).code).toBe(0);
		expect((await command('resume')).code).toBe(0);
		expect(await standing()).toBe('++');
		expect(await status()).toMatchObject({ state: 'registered', paused: [] });
		const told = run.logs().filter(({ message }) => /^paused|^resumed/.test(message));
		expect(told.map(({ message, service, reason }) => [message, service, reason])).toEqual([
			['paused: withdrawing', `${name}-a`, 'moving its disk'],
			['paused: withdrawing', undefined, undefined],
			['resumed: registering again', `${name}-b`, undefined],
			['resumed: registering again', undefined, undefined],
		]);
		await end(run);
	});

	test('SIGUSR2 beside it: it pauses what is not paused, and where all are paused it resumes all', async () => {
		const { run, command, standing, name } = await start();
		await until(async () => (await standing()) === '++');
		await command('pause', `${name}-a`);
		run.signal('SIGUSR2');
		await until(async () => (await standing()) === '--');
		await command('resume', `${name}-a`);
		expect(await standing()).toBe('+-');
		run.signal('SIGUSR2');
		await until(async () => (await standing()) === '--');
		run.signal('SIGUSR2');
		await until(async () => (await standing()) === '++');
		await command('pause', `${name}-a`);
		await command('pause', `${name}-b`);
		run.signal('SIGUSR2');
		await until(async () => (await standing()) === '++');
		await end(run);
	});

	test('while etcd is away the command gives up with 69, and the pause is carried out when etcd is back', async () => {
		const own = await startEtcd();
		const seen = new Gateway(own.endpoint);
		const { run, command, status, name } = await start({
			ETCD_ENDPOINTS: own.endpoint,
			REGISTRAR_STOP_TIMEOUT: '1s',
		});
		const key = `/ns/${name}-a/10.0.0.5:80`;
		await until(async () => (await seen.get(key)) !== null);
		own.pause();
		const { code, stderr } = await command('pause', `${name}-a`);
		expect(code).toBe(69);
		expect(stderr).toMatch(
			/^etcd-registrar: etcd did not confirm within 1 s.*it is paused, and withdrawn as soon as etcd answers/,
		);
		expect(await status()).toMatchObject({ paused: [{ service: `${name}-a` }] });
		own.resume();
		await until(async () => (await seen.get(key)) === null);
		own.pause();
		expect(await command('resume')).toMatchObject({
			code: 69,
			stderr: expect.stringMatching(/it is resumed, but not registered within 1 s: /),
		});
		own.resume();
		await until(async () => (await seen.get(key)) !== null);
		await end(run);
		seen.close();
		await own.kill();
	});

	test('a service that there is not is named, with those that there are', async () => {
		const { run, command, name } = await start();
		expect(await command('pause', 'usr')).toMatchObject({
			code: 64,
			stderr: `etcd-registrar: pause: no service is called "usr" here, expected one of ${name}-a, ${name}-b\n`,
		});
		expect((await command('pause', '--reason', 'x'.repeat(201))).code).toBe(64);
		await end(run);
	});

	test('what is not configured, and nobody who listens', async () => {
		const command = (args: readonly string[], env = {}) => runCommand(args, env).waitExit();
		expect(await command(['pause'])).toMatchObject({
			code: 78,
			stderr: expect.stringMatching(/REGISTRAR_CONTROL is not set, expected/),
		});
		expect(await command(['status'])).toMatchObject({
			code: 78,
			stderr: expect.stringMatching(/REGISTRAR_CONTROL and REGISTRAR_HTTP/),
		});
		const path = socketPath();
		expect(await command(['resume'], { REGISTRAR_CONTROL: path })).toMatchObject({
			code: 69,
			stderr: `etcd-registrar: the registrar at ${path} cannot be asked: there is no such socket: is the registrar running, with this REGISTRAR_CONTROL?\n`,
		});
		expect(await command(['status'], { REGISTRAR_HTTP: '1' })).toMatchObject({
			code: 69,
			stderr: expect.stringMatching(/nobody listens/),
		});
		expect(await command(['status'], { REGISTRAR_CONTROL: '9090' })).toMatchObject({ code: 78 });
	});

	test('status goes by REGISTRAR_HTTP where there is no control socket, or nobody at it', async () => {
		const http = String(await freePort());
		const { run, env } = await start({ REGISTRAR_HTTP: http });
		const asked = () =>
			runCommand(['status', '--json'], {
				...env,
				REGISTRAR_CONTROL: '',
				REGISTRAR_HTTP: `0.0.0.0:${http}`,
			}).waitExit();
		await until(async () => (await asked()).stdout.includes('"state":"registered"'));
		const elsewhere = await runCommand(['status'], { ...env, REGISTRAR_CONTROL: '/no/such.sock' }).waitExit();
		expect(elsewhere.stderr).toContain('/no/such.sock cannot be asked: there is no such socket');
		expect(elsewhere).toMatchObject({ code: 0, stdout: expect.stringContaining('registered') });
		await end(run);
	});

	test('a socket that a living process has is an error that stops no registration, until it is free', async () => {
		const first = await start();
		const second = runCommand(['run'], { ...first.env, SERVICE_ADDR: '10.0.0.6:80' });
		const { level } = await second.waitForLog(({ message }) =>
			/a living process listens there/.test(message),
		);
		expect(level).toBe('error');
		await second.waitForLog(({ message }) => message === 'registered');
		await end(first.run);
		await second.waitForLog(({ message }) => message === 'the control socket is served');
		second.signal('SIGKILL');
		await second.waitExit();
		expect(statSync(first.path).isSocket()).toBe(true);
		const third = runCommand(['run'], first.env);
		await third.waitForLog(({ message }) => message === 'the control socket is served');
		await end(third);
		expect(statSync(first.path, { throwIfNoEntry: false })).toBeUndefined();
	});

	test('a file in its place is left alone, and the registrar runs without it', async () => {
		const path = socketPath();
		writeFileSync(path, 'precious');
		const run = runCommand(['run'], {
			...{ ETCD_ENDPOINTS: etcd.endpoint, REGISTRAR_CONTROL: path },
			...{ SERVICE_NAME: 'file', SERVICE_ADDR: '10.0.0.5:80' },
		});
		await run.waitForLog(({ message }) => message === 'registered');
		await run.waitForLog(({ message }) => /what is there is no socket/.test(message));
		await end(run);
		expect(statSync(path).size).toBe('precious'.length);
	});

	test('under run -- the service goes and the command runs on; a restart has forgotten the pause', async () => {
		const path = socketPath();
		const env = { REGISTRAR_CONTROL: path };
		const server = "require('node:net').createServer().listen(process.env.PORT, '127.0.0.1')";
		const wrapped = await wrap(etcd, { env, command: [process.execPath, '-e', server] });
		await wrapped.registered();
		expect((await runCommand(['pause', '--reason', 'x'], env).waitExit()).code).toBe(0);
		expect(await gateway.get(wrapped.key)).toBeNull();
		expect(await wrapped.http('/readyz')).toMatchObject({
			state: 'paused',
			reason: expect.stringMatching(/\(x\)/),
		});
		expect((await runCommand(['resume'], env).waitExit()).code).toBe(0);
		expect(await gateway.get(wrapped.key)).not.toBeNull();
		wrapped.signal('SIGTERM');
		await wrapped.waitExit();
		await endWrapped(wrapped);
		const { run, command, standing, env: again } = await start();
		await until(async () => (await standing()) === '++');
		await command('pause');
		await end(run);
		const next = runCommand(['run'], again);
		await until(async () => (await standing()) === '++');
		await end(next);
	});
});
