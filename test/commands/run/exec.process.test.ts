import { execFileSync } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, type TestContext, test } from 'vitest';
import { type Etcd, startEtcd } from '../../support/etcd/etcd.js';
import { removeAtExit } from '../../support/process/guarded.js';
import { alive, atRest, childrenOf } from '../../support/process/proc.js';
import { endWrapped, type WrapOptions, type Wrapped, wrap } from '../../support/process/wrapped.js';
import { until } from '../../support/until.js';

let etcd: Etcd;
beforeAll(async () => {
	etcd = await startEtcd();
	return () => etcd.kill();
});

async function start(context: TestContext, options: WrapOptions): Promise<Wrapped> {
	const wrapped = await wrap(etcd, options);
	context.onTestFinished(() => endWrapped(wrapped));
	return wrapped;
}
function folder(): string {
	const path = mkdtempSync(join(tmpdir(), 'exec-'));
	removeAtExit(path);
	return path;
}
const node = (script: string): readonly string[] => [process.execPath, '-e', script];
/** Listens on its port, at once or at SIGUSR1. */
const LISTEN = `const listen = () => require('http').createServer((q, s) => s.end()).listen(+process.env.PORT, '127.0.0.1', () => console.log('listening'));`;
const SERVER = `${LISTEN} listen();`;
/** At a signal: asks etcd how many keys stand there now, tells it, and ends with 7. */
const ASK_AND_END = `
	const ask = async (signal) => {
		const body = JSON.stringify({ key: Buffer.from(process.env.KEY).toString('base64') });
		const { count = '0' } = await (await fetch(process.env.ETCD + '/v3/kv/range', { method: 'POST', body })).json();
		console.log(JSON.stringify({ signal, count, atMs: Date.now() }));
		process.exit(7);
	};
	for (const name of ['SIGTERM', 'SIGINT']) process.on(name, ask);`;
const told = (wrapped: Wrapped) =>
	JSON.parse(/\{"signal":"\w+","count".*\}/.exec(wrapped.stdout)?.[0] ?? '{}') as {
		signal: string;
		count: string;
		atMs: number;
	};
/** Within 50 ms the same signal is the same request (src/commands/signals.ts). */
const noEcho = () => new Promise((resolve) => setTimeout(resolve, 200));
const leaseOf = (wrapped: Wrapped) => wrapped.logs().find(({ message }) => message === 'registered')?.lease;

describe.concurrent('run -- command', () => {
	test('registers when the port accepts, and not before; SIGUSR1 is passed on', async (context) => {
		const wrapped = await start(context, {
			command: node(
				`${LISTEN} process.on('SIGUSR1', listen); setInterval(() => {}, 1000); console.log('up');`,
			),
		});
		await wrapped.said('up');
		await until(async () => (await wrapped.http('/readyz')).reason.includes('nobody listens'));
		expect(await wrapped.gateway.get(wrapped.key)).toBeNull();
		wrapped.signal('SIGUSR1');
		await wrapped.registered();
		expect(wrapped.stdout).toContain('listening');
		await until(async () => (await wrapped.http('/readyz')).ok);
	});

	test.each(['SIGTERM', 'SIGINT'] as const)(
		'%s: deregisters, waits the drain, passes it on, ends with the code of the command',
		async (signal) => {
			const wrapped = await wrap(etcd, {
				command: node(SERVER + ASK_AND_END),
				env: { REGISTRAR_DRAIN_DELAY: '700ms' },
			});
			await wrapped.registered();
			wrapped.signal(signal);
			expect((await wrapped.waitExit()).code).toBe(7);
			expect(told(wrapped)).toMatchObject({ signal, count: '0' });
			const deregistered = wrapped.logs().find(({ message }) => message === 'deregistered');
			expect(told(wrapped).atMs - Date.parse(String(deregistered?.time))).toBeGreaterThanOrEqual(650);
			expect(await wrapped.gateway.leases()).not.toContain(leaseOf(wrapped));
		},
	);

	test('clients that poll need a drain delay: it is said at the start', async (context) => {
		const wrapped = await start(context, {
			command: node(SERVER),
			env: { SERVICE_FORMAT: 'kitex', REGISTRAR_DRAIN_DELAY: '0' },
		});
		await until(() =>
			wrapped
				.logs()
				.some(({ message }) => /^REGISTRAR_DRAIN_DELAY is 0s, and clients of kitex/.test(String(message))),
		);
	});

	test('the command dies: its key goes at once, and the exit code tells the signal', async (context) => {
		const wrapped = await start(context, { command: node(SERVER) });
		await wrapped.registered();
		process.kill(await wrapped.childPid(), 'SIGKILL');
		expect((await wrapped.waitExit()).code).toBe(137);
		expect(await wrapped.gateway.get(wrapped.key)).toBeNull();
		expect(await wrapped.gateway.leases()).not.toContain(leaseOf(wrapped));
	});

	test('a command that ends before it was ever healthy is never registered', async (context) => {
		const wrapped = await start(context, { command: node(`setTimeout(() => process.exit(3), 300)`) });
		expect((await wrapped.waitExit()).code).toBe(3);
		expect(wrapped.logs().map(({ message }) => message)).not.toContain('registered');
	});

	test('a command that ignores SIGTERM lives on deregistered; a second one kills it', async (context) => {
		const wrapped = await start(context, {
			command: node(`${SERVER} process.on('SIGTERM', () => console.log('no'));`),
		});
		await wrapped.registered();
		wrapped.signal('SIGTERM');
		await wrapped.said('no');
		expect(await wrapped.gateway.get(wrapped.key)).toBeNull();
		const child = await wrapped.childPid();
		expect(alive(child)).toBe(true);
		await noEcho();
		wrapped.signal('SIGTERM');
		expect((await wrapped.waitExit()).code).toBe(137);
		expect(alive(child)).toBe(false);
	});

	test('a second SIGTERM cuts the drain too', async (context) => {
		const wrapped = await start(context, { command: node(SERVER), env: { REGISTRAR_DRAIN_DELAY: '10m' } });
		await wrapped.registered();
		wrapped.signal('SIGTERM');
		await wrapped.waitForLog(({ message }) => message.startsWith('draining'));
		await noEcho();
		wrapped.signal('SIGTERM');
		expect((await wrapped.waitExit()).code).toBe(137);
	});

	test('the registrar is killed: the key goes with its TTL, the command lives', async (context) => {
		const wrapped = await start(context, { command: node(SERVER) });
		await wrapped.registered();
		const child = await wrapped.childPid();
		wrapped.signal('SIGKILL');
		await wrapped.gone({ limitMs: 6_000 });
		expect(alive(child)).toBe(true);
		process.kill(child, 'SIGKILL');
	});

	test('a command that starts others and ends: its code counts, the others live', async (context) => {
		const wrapped = await start(context, {
			command: ['sh', '-c', `sleep 60 >/dev/null 2>&1 & echo other $!; exit 5`],
		});
		expect((await wrapped.waitExit()).code).toBe(5);
		const other = Number(/other (\d+)/.exec(wrapped.stdout)?.[1]);
		expect(alive(other)).toBe(true);
		process.kill(other, 'SIGKILL');
	});

	test('megabytes on stdout and stderr arrive whole, as does the input', async (context) => {
		const text = 'x'.repeat(99);
		const flood = `for (let i = 0; i < 40000; i++) { console.log('${text}'); console.error('${text}'); } process.stdin.pipe(process.stdout);`;
		const wrapped = await start(context, { command: node(flood), stdin: 'the input' });
		expect((await wrapped.waitExit()).code).toBe(0);
		expect(wrapped.stdout).toBe([...Array(40_000).fill(text), 'the input'].join('\n'));
		// Both write to one pipe: a line of the log may stand in the middle of one of the command's.
		expect(wrapped.stderr.replace(/\{"time":.*?\}\n/g, '')).toBe(`${text}\n`.repeat(40_000));
	});

	test.each([
		[
			'a command that is not there',
			['no-such-command'],
			127,
			'etcd-registrar: no-such-command: command not found',
		],
		[
			'a command line in one word',
			['python3 -m http.server'],
			127,
			'(ENOENT): there is no shell; give program and arguments apart',
		],
		['a file that is no program', ['/etc/passwd'], 126, 'etcd-registrar: /etc/passwd: cannot be run'],
	])('%s', async (_sentence, command, code, line) => {
		const exit = await (await wrap(etcd, { command })).waitExit();
		expect(exit.code).toBe(code);
		expect(exit.stderr).toContain(line);
	});

	test('the command sees the environment as it is, without what .env adds', async (context) => {
		const cwd = folder();
		writeFileSync(join(cwd, '.env'), 'SERVICE_META_ZONE=from-file\nSERVICE_META_RACK=from-file\n');
		const command = ['sh', '-c', 'echo "[$SERVICE_META_ZONE][$SERVICE_META_RACK][$PORT]"'];
		const wrapped = await start(context, { command, cwd, env: { SERVICE_META_ZONE: 'from-env' } });
		await wrapped.waitExit();
		expect(wrapped.stdout).toBe(`[from-env][][${wrapped.port}]\n`);
	});

	test('SIGUSR2 withdraws it and brings it back', async (context) => {
		const wrapped = await start(context, { command: node(SERVER) });
		await wrapped.registered();
		wrapped.signal('SIGUSR2');
		await wrapped.gone();
		expect(await wrapped.http('/readyz')).toMatchObject({ ok: false, state: 'paused' });
		wrapped.signal('SIGUSR2');
		await wrapped.registered();
		await until(async () => (await wrapped.http('/readyz')).ok);
	});

	test('never healthy in the time given: the command is ended, exit 69', async (context) => {
		const wrapped = await start(context, {
			command: node('setInterval(() => {}, 1000)'),
			env: { REGISTRAR_STARTUP_TIMEOUT: '600ms' },
		});
		const child = await wrapped.childPid();
		expect((await wrapped.waitExit()).code).toBe(69);
		expect(alive(child)).toBe(false);
	});

	test('the key is held by another and the policy is fail: the command is ended, exit 75', async (context) => {
		const wrapped = await start(context, {
			command: node(
				`${LISTEN} process.on('SIGUSR1', listen); setInterval(() => {}, 1000); console.log('up');`,
			),
			env: { SERVICE_ON_CONFLICT: 'fail' },
		});
		await wrapped.said('up');
		const { gateway, key } = wrapped;
		const lease = await gateway.grant(3);
		await gateway.put(key, 'other', lease);
		const renewing = setInterval(
			() => void gateway.call('/v3/lease/keepalive', { ID: lease }).catch(() => {}),
			300,
		);
		context.onTestFinished(() => clearInterval(renewing));
		wrapped.signal('SIGUSR1');
		expect((await wrapped.waitExit()).code).toBe(75);
		expect((await gateway.get(key))?.value).toBe('other');
	});

	test('of two services each has a port of its own', async (context) => {
		const wrapped = await start(context, {
			command: node(SERVER),
			env: { SERVICES: 'a,b', SERVICE_B_ADDR: '127.0.0.1:1', SERVICE_B_NAME: 'b-of-two' },
		});
		await wrapped.registered();
		expect(await wrapped.gateway.get('/ns/b-of-two/127.0.0.1:1')).toBeNull();
		expect((await wrapped.http('/status')) as unknown).toMatchObject({
			keys: [{ state: 'registered' }, { key: '/ns/b-of-two/127.0.0.1:1', state: 'withdrawn' }],
		});
	});

	test('REGISTRAR_HTTP in use: registered all the same, and served as soon as the port is free', async (context) => {
		const server = createServer().listen(0, '127.0.0.1');
		context.onTestFinished(() => void server.close());
		await until(() => server.listening);
		const { port } = server.address() as { port: number };
		const wrapped = await start(context, { command: node(SERVER), env: { REGISTRAR_HTTP: String(port) } });
		await wrapped.registered();
		await until(() => wrapped.stderr.includes(`REGISTRAR_HTTP: cannot listen on 127.0.0.1:${port}`));
		server.close();
		const served = await wrapped.waitForLog(({ message }) => message === 'the HTTP endpoints are served');
		expect(served.address).toBe(`127.0.0.1:${port}`);
		expect((await fetch(`http://127.0.0.1:${port}/livez`)).status).toBe(200);
	});

	test('an address that turns out wrong after the command was started: the command is ended, exit 78', async (context) => {
		// The name has no answer at first, and then an address on the way to which there is none of IPv4.
		const preload = join(folder(), 'names.cjs');
		writeFileSync(
			preload,
			`let asked = 0;
			require('dns/promises').lookup = async () => {
				if (asked++ === 0) throw Object.assign(new Error('EAI_AGAIN'), { code: 'EAI_AGAIN' });
				return [{ address: '::1', family: 6 }];
			};
			require('module').syncBuiltinESMExports();`,
		);
		const wrapped = await start(context, {
			command: ['sh', '-c', 'sleep 600 & echo member $!; wait'],
			env: { ETCD_ENDPOINTS: 'http://etcd.invalid:2379', SERVICE_ADDR: '0.0.0.0:8080' },
			nodeArgs: ['--require', preload],
		});
		expect(await wrapped.waitExit()).toMatchObject({ code: 78 });
		expect(wrapped.stderr).toContain('set SERVICE_HOST to one of');
		expect(alive(await wrapped.childPid())).toBe(false);
		const member = Number(/member (\d+)/.exec(wrapped.stdout)?.[1]);
		await until(() => !alive(member));
	});

	test('/livez is 200 while it drains', async (context) => {
		const wrapped = await start(context, { command: node(SERVER), env: { REGISTRAR_DRAIN_DELAY: '10m' } });
		await wrapped.registered();
		wrapped.signal('SIGTERM');
		await wrapped.waitForLog(({ message }) => message.startsWith('draining'));
		expect(await wrapped.http('/livez')).toMatchObject({ ok: true, reason: 'stopped, as requested' });
		expect(await wrapped.http('/readyz')).toMatchObject({ ok: false });
	});

	test.each(['SIGHUP', 'SIGQUIT'] as const)('%s is passed on at once', async (signal) => {
		const wrapped = await wrap(etcd, {
			command: node(SERVER + ASK_AND_END.replace("'SIGINT'", `'${signal}'`)),
		});
		await wrapped.registered();
		wrapped.signal(signal);
		expect((await wrapped.waitExit()).code).toBe(7);
		expect(told(wrapped)).toMatchObject({ signal, count: '1' });
	});

	test('a pipe that nobody reads stops the command that fills it, not the registrar', async (context) => {
		const fifo = join(folder(), 'stderr');
		execFileSync('mkfifo', [fifo]);
		const stderr = openSync(fifo, constants.O_RDWR | constants.O_NONBLOCK);
		context.onTestFinished(() => closeSync(stderr));
		// Not by Node itself, whose own writes to a pipe do not wait.
		const flood = `${SERVER} process.on('SIGUSR1', () => {
			require('child_process').spawn('yes', { stdio: ['ignore', 2, 2] }).once('spawn', () => console.log('flooding'));
		});`;
		const wrapped = await start(context, { command: node(flood), stderr });
		await wrapped.registered();
		wrapped.signal('SIGUSR1');
		await wrapped.said('flooding');
		// Both make it write to its log.
		wrapped.signal('SIGUSR2');
		await wrapped.gone();
		wrapped.signal('SIGUSR2');
		await wrapped.registered();
		const passes = async () =>
			((await wrapped.http('/status')) as unknown as { counters: { passes: { ok: number } } }).counters.passes
				.ok;
		const before = await passes();
		await until(async () => (await passes()) >= before + 2);
		wrapped.signal('SIGTERM');
		await wrapped.gone();
		expect((await wrapped.waitExit()).code).toBe(143);
	});

	/**
	 * At each signal `yes` on each stream of UNREAD fills it; the file tells that it was started. A writer that
	 * waits is woken only when most of the buffer is free, so a second one finds room that the first one left.
	 */
	const FLOOD = `${SERVER} process.on('SIGUSR1', () => {
		const { spawn } = require('child_process');
		const floods = process.env.UNREAD.split(' ').map(Number).map((fd) => spawn('yes', { stdio: ['ignore', fd, fd] }));
		require('fs').appendFileSync(process.env.FLOODING, floods.map(({ pid }) => pid).join(' ') + ' ');
	});`;
	const FIFO = ['sh', '-c', 'mkfifo "$FLOODING.fifo"; exec 9<>"$FLOODING.fifo"; exec "$@" 1>&9', 'sh'];
	test.each<[sentence: string, options: Partial<WrapOptions>]>([
		['stderr is a Unix socket, stdout is read', { unread: ['stderr'], env: { UNREAD: '2' } }],
		['both are one Unix socket', { unread: ['stderr'], wrap: ['sh', '-c', 'exec "$@" >&2', 'sh'] }],
		['each is a Unix socket', { unread: ['stdout', 'stderr'] }],
		['stdout is a pipe, stderr a Unix socket', { unread: ['stderr'], wrap: FIFO }],
		[
			'stderr is a Unix socket, stdout a file',
			{ unread: ['stderr'], env: { UNREAD: '2' }, wrap: ['sh', '-c', 'exec "$@" >/dev/null', 'sh'] },
		],
		['both are one pipe', { wrap: [...FIFO.slice(0, 2), `${FIFO[2]} 2>&1`, 'sh'] }],
		['both are a terminal', { unread: ['stdout'], terminal: true }],
	])(
		'nobody reads what the command writes, and %s: the registrar goes on',
		// `yes` ends with EAGAIN if it writes to a full socket while the registrar writes (src/commands/run/own-stream.ts).
		{ retry: 2 },
		async (_sentence, { env = { UNREAD: '1 2' }, ...options }) => {
			const unread = env.UNREAD?.split(' ').length ?? 0;
			const file = join(folder(), 'flooding');
			const program = join(folder(), 'flood.cjs');
			writeFileSync(program, FLOOD);
			const wrapped = await wrap(etcd, {
				command: [process.execPath, program],
				env: { ...env, FLOODING: file, SERVICE_TTL: '2', LOG_LEVEL: 'debug' },
				...options,
			});
			await wrapped.registered();
			const registrar = options.terminal ? (childrenOf(wrapped.pid)[0] ?? 0) : wrapped.pid;
			const [child = 0] = childrenOf(registrar);
			let floods: readonly number[] = [];
			for (const started of [unread, 2 * unread]) {
				process.kill(child, 'SIGUSR1');
				await until(() => {
					floods = readFileSync(file, 'utf8').trim().split(' ').map(Number);
					return floods.length === started;
				});
				await Promise.all(floods.slice(-unread).map(atRest));
			}
			try {
				// Both make it write to its log.
				process.kill(registrar, 'SIGUSR2');
				await wrapped.gone();
				process.kill(registrar, 'SIGUSR2');
				await wrapped.registered();
				const passes = async () =>
					((await wrapped.http('/status')) as unknown as { counters: { passes: { ok: number } } }).counters
						.passes.ok;
				const before = await passes();
				await until(async () => (await passes()) >= before + 2);
				expect(await wrapped.http('/livez')).toMatchObject({ ok: true });
				process.kill(registrar, 'SIGTERM');
				await wrapped.gone();
				await until(() => !alive(registrar));
			} finally {
				for (const pid of [...floods, child, registrar]) if (alive(pid)) process.kill(pid, 'SIGKILL');
				await endWrapped(wrapped);
			}
		},
	);

	test('Ctrl-C on a terminal reaches the registrar alone, which deregisters first', async (context) => {
		const program = join(folder(), 'server.cjs');
		writeFileSync(program, SERVER + ASK_AND_END);
		const wrapped = await start(context, { command: [process.execPath, program], terminal: true });
		await wrapped.registered();
		wrapped.type('\x03');
		expect((await wrapped.waitExit()).code).toBe(7);
		expect(told(wrapped)).toMatchObject({ signal: 'SIGINT', count: '0' });
		expect(wrapped.stdout.match(/"count"/g)).toHaveLength(1);
	});
});
