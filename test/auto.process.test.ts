import { existsSync, mkdirSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, type TestContext, test } from 'vitest';
import { type Etcd, startEtcd } from './support/etcd/etcd.js';
import { Gateway } from './support/etcd/gateway.js';
import { type CommandOptions, runCommand } from './support/process/command.js';
import { removeAtExit } from './support/process/guarded.js';
import { alive, childrenOf } from './support/process/proc.js';
import { until } from './support/until.js';

const NAME = 'etcd-registrar/auto';
let etcd: Etcd;
let gateway: Gateway;
/** An application's folder in which the package is installed. */
let app = '';
beforeAll(async () => {
	etcd = await startEtcd();
	gateway = new Gateway(etcd.endpoint);
	app = mkdtempSync(join(tmpdir(), 'auto-'));
	removeAtExit(app);
	mkdirSync(join(app, 'node_modules'));
	symlinkSync(process.cwd(), join(app, 'node_modules', 'etcd-registrar'));
	return async () => {
		gateway.close();
		await etcd.kill();
	};
});

let count = 0;
/** An application that registers itself by `auto`; its key goes with the test. */
function start(
	context: TestContext,
	file: string,
	text: string,
	{ env = {}, ...options }: CommandOptions & { readonly env?: Record<string, string> } = {},
) {
	const name = `auto-${++count}`;
	const entry = join(app, `${name}-${file}`);
	writeFileSync(entry, text);
	const settings = {
		ETCD_ENDPOINTS: etcd.endpoint,
		SERVICE_NAME: name,
		SERVICE_ADDR: '10.0.0.5:80',
		SERVICE_TTL: '3',
		...env,
	};
	const program = runCommand([], settings, { cwd: app, entry, ...options });
	context.onTestFinished(() => {
		if (alive(program.pid)) program.signal('SIGKILL');
	});
	const key = `/ns/${name}/10.0.0.5:80`;
	return {
		program,
		registered: () =>
			until(async () => (await gateway.get(key)) !== null, { what: `${key} in etcd; ${program.stderr}` }),
		isThere: async () => (await gateway.get(key)) !== null,
	};
}
/** What follows is done at SIGUSR2, after which nothing keeps the program. */
const AT_SIGNAL = `const life = setInterval(() => {}, 1000); process.on('SIGUSR2', () => { clearInterval(life);`;
const LIVE = 'setInterval(() => {}, 1000);';
/**
 * The process waits at most 1.5 s for its key to be deleted, which a busy machine may exceed. So these tests run
 * one after another, and are retried.
 */
const BUSY = { retry: 2 };

describe.concurrent('etcd-registrar/auto', () => {
	test.for([
		['an ESM import', 'app.mjs', `import '${NAME}'; ${LIVE}`, []],
		['--import', 'app.mjs', LIVE, ['--import', NAME]],
		['a require', 'app.cjs', `require('${NAME}'); ${LIVE}`, []],
	] as const)(
		'%s registers; SIGTERM deregisters, then ends the program as it would have ended',
		async ([, file, text, nodeArgs], context) => {
			const { program, registered, isThere } = start(context, file, text, { nodeArgs });
			await registered();
			program.signal('SIGTERM');
			expect(await program.waitExit()).toMatchObject({ code: null, signal: 'SIGTERM' });
			expect(await isThere()).toBe(false);
		},
	);

	test('the control socket steers it, and its file goes with a program that ends by itself, also with etcd away', async (context) => {
		const own = await startEtcd();
		context.onTestFinished(() => own.kill());
		const env = { REGISTRAR_CONTROL: join(app, 'control.sock'), ETCD_ENDPOINTS: own.endpoint };
		const { program } = start(context, 'app.mjs', `import '${NAME}'; ${AT_SIGNAL} });`, { env });
		await program.waitForLog(({ message }) => message === 'registered');
		expect(await runCommand(['pause'], env).waitExit()).toMatchObject({ code: 0 });
		expect(await runCommand(['resume'], env).waitExit()).toMatchObject({ code: 0 });
		own.pause();
		program.signal('SIGUSR2');
		expect(await program.waitExit()).toMatchObject({ code: 0 });
		own.resume();
		expect(existsSync(env.REGISTRAR_CONTROL)).toBe(false);
	});

	const HANDLERS: readonly (readonly [
		sentence: string,
		handler: string,
		code: number | null,
		signal: string | null,
	])[] = [
		['a handler that ends the program at once', `process.on('SIGTERM', () => process.exit(3));`, 3, null],
		[
			'a handler that takes its time',
			`process.on('SIGTERM', () => { console.log('own'); setTimeout(() => process.exit(4), 300); });`,
			4,
			null,
		],
		[
			'a handler that is called once',
			`process.once('SIGTERM', () => setTimeout(() => process.exit(5), 100));`,
			5,
			null,
		],
		[
			'a listener of signal-exit, which waits for us to be gone,',
			`globalThis[Symbol.for('signal-exit emitter')] = { count: 1 };
			const end = () => { if (process.listenerCount('SIGTERM') === 1) { process.off('SIGTERM', end); process.kill(process.pid, 'SIGTERM'); } };
			process.on('SIGTERM', end);`,
			null,
			'SIGTERM',
		],
	];
	test.sequential.for(HANDLERS)(
		'%s decides how it ends, and the key is gone',
		BUSY,
		async ([, handler, code, signal], context) => {
			const { program, registered, isThere } = start(
				context,
				'app.mjs',
				`import '${NAME}'; ${handler} ${LIVE}`,
			);
			await registered();
			program.signal('SIGTERM');
			expect(await program.waitExit()).toMatchObject({ code, signal });
			expect(await isThere()).toBe(false);
		},
	);

	test.sequential.for([
		['ends by itself', '', 0],
		['throws', `throw new Error('boom');`, 1],
		['calls process.exit()', 'process.exit(6);', 6],
	] as const)(
		'a program that %s is not kept alive, and its key is gone',
		BUSY,
		async ([, text, code], context) => {
			const { program, registered, isThere } = start(
				context,
				'app.mjs',
				`import '${NAME}'; ${AT_SIGNAL} ${text} });`,
			);
			await registered();
			program.signal('SIGUSR2');
			expect((await program.waitExit()).code).toBe(code);
			expect(await isThere()).toBe(false);
		},
	);

	test('a program that is done at once ends at once, registered or not', async (context) => {
		const { program } = start(context, 'app.mjs', `import '${NAME}'; console.log('done');`);
		expect(await program.waitExit()).toMatchObject({ code: 0, stdout: 'done\n' });
	});

	test('etcd that is away neither ends a program nor keeps it', async (context) => {
		const { program } = start(
			context,
			'app.mjs',
			`import '${NAME}'; setTimeout(() => console.log('done'), 1500);`,
			{
				env: { ETCD_ENDPOINTS: 'http://127.0.0.1:1' },
			},
		);
		expect(await program.waitExit()).toMatchObject({ code: 0, stdout: 'done\n' });
	});

	test('a wrong configuration is told, and the program goes on', async (context) => {
		const { program } = start(
			context,
			'app.mjs',
			`import '${NAME}'; process.once('SIGTERM', () => process.exit(7)); ${LIVE}`,
			{
				env: { SERVICE_ADDR: 'nope' },
			},
		);
		await until(() => program.stderr.includes('SERVICE_ADDR is "nope"'));
		expect(program.stderr).toContain('the application goes on without being registered');
		program.signal('SIGTERM');
		expect((await program.waitExit()).code).toBe(7);
	});

	/** What runs again in each child: it says that it is there, and the first of all starts the others. */
	const CHILDREN: readonly (readonly [how: string, start: string])[] = [
		['worker threads', `new (await import('node:worker_threads')).Worker(new URL(import.meta.url));`],
		['cluster workers', `(await import('node:cluster')).default.fork();`],
		['fork of the same program', `(await import('node:child_process')).fork(process.argv[1]);`],
		[
			'a program of a script with the same NODE_OPTIONS',
			`process.env.NODE_OPTIONS = '--import ${NAME}'; (await import('node:child_process')).spawn('sh', ['-c', 'node "$0"; true', process.argv[1]], { stdio: 'inherit' });`,
		],
	];
	test.for(CHILDREN)(
		'%s: they do not register again, and their end takes nothing away',
		async ([, startChild], context) => {
			const text = `
			import { isMainThread } from 'node:worker_threads';
			import '${NAME}';
			if (!isMainThread || process.env.CHILD) setTimeout(() => { console.log('child ends'); process.exit(0); }, 4000);
			else { process.env.CHILD = '1'; ${startChild} ${LIVE} }`;
			const { program, registered, isThere } = start(context, 'app.mjs', text);
			await registered();
			await until(() => program.stdout.includes('child ends'));
			const registrations = () => program.logs().filter(({ message }) => message === 'registered');
			await until(() => registrations().length > 0);
			expect(await isThere()).toBe(true);
			program.signal('SIGTERM');
			await program.waitExit();
			expect(registrations()).toHaveLength(1);
			expect(program.logs().map(({ message }) => message)).not.toContain('put right');
		},
	);

	test.for([
		['a script that starts node', ['sh', '-c', '"$0" "$1"; true']],
		['npm, which starts node', ['npm', 'exec', '--offline', '--']],
	] as const)('NODE_OPTIONS of %s: that node registers', async ([, wrap], context) => {
		const { program, registered, isThere } = start(
			context,
			'app.mjs',
			`import { basename } from 'node:path'; console.log('I am', process.pid); ${LIVE}`,
			{ env: { NODE_OPTIONS: `--import ${NAME}` }, wrap },
		);
		await registered();
		const pid = await until(() => Number(/I am (\d+)/.exec(program.stdout)?.[1]));
		expect(readFileSync(`/proc/${pid}/cmdline`, 'utf8')).toContain('app.mjs');
		process.kill(pid, 'SIGTERM');
		await until(async () => !(await isThere()));
	});

	test('a child that is given a service of its own registers it', async (context) => {
		const text = `
			if (!process.env.CHILD) (await import('node:child_process')).fork(process.argv[1], { env: { ...process.env, CHILD: '1', SERVICE_NAME: 'own-of-child' } });
			${LIVE}`;
		const { program, registered } = start(context, 'app.mjs', text, { nodeArgs: ['--import', NAME] });
		await registered();
		await until(async () => (await gateway.get('/ns/own-of-child/10.0.0.5:80')) !== null);
		for (const pid of childrenOf(program.pid)) process.kill(pid, 'SIGTERM');
	});

	test('a program without a right configuration stands in nobody’s way: its child, which finds one, registers', async (context) => {
		const elsewhere = join(app, 'elsewhere');
		mkdirSync(elsewhere);
		writeFileSync(join(elsewhere, '.env'), 'SERVICE_NAME=found\nSERVICE_ADDR=10.0.0.5:80\n');
		const text = `
			const told = setInterval(async () => {
				if (process.env.CHILD || process.env.ETCD_REGISTRAR_AUTO) return;
				clearInterval(told);
				(await import('node:child_process')).fork(process.argv[1], { cwd: ${JSON.stringify(elsewhere)}, env: { ...process.env, CHILD: '1' } });
			}, 50);
			${LIVE}`;
		const { program } = start(context, 'app.mjs', text, {
			nodeArgs: ['--import', NAME],
			env: { SERVICE_NAME: '', SERVICE_ADDR: '' },
		});
		await until(async () => (await gateway.get('/ns/found/10.0.0.5:80')) !== null);
		for (const pid of childrenOf(program.pid)) process.kill(pid, 'SIGTERM');
	});

	test('in cluster workers alone: nobody registers, and that is said once', async (context) => {
		const text = `
			import cluster from 'node:cluster';
			if (cluster.isPrimary) { cluster.fork(); cluster.fork(); }
			else { await import('${NAME}'); setTimeout(() => { console.log('ready'); }, 500); }
			${LIVE}`;
		const { program, isThere } = start(context, 'app.mjs', text);
		await until(() => program.stdout.match(/ready/g)?.length === 2);
		expect(await isThere()).toBe(false);
		expect(program.stderr.match(/cluster workers and not in their primary/g)).toHaveLength(1);
	});
});
