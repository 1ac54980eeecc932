/** `watch NAME --exec`: the command as a process, run by the real command line. */
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, type TestContext, test } from 'vitest';
import { type Etcd, startEtcd } from '../../support/etcd/etcd.js';
import { type RunningCommand, runCommand } from '../../support/process/command.js';
import { removeAtExit } from '../../support/process/guarded.js';
import { alive } from '../../support/process/proc.js';
import { until } from '../../support/until.js';

let etcd: Etcd;
beforeAll(async () => {
	etcd = await startEtcd();
	return () => etcd.kill();
});

let count = 0;
interface Stage {
	readonly name: string;
	readonly folder: string;
	readonly running: RunningCommand;
	put(addr: string): Promise<void>;
	remove(addr: string): Promise<void>;
	/** What each run of the command was given, as addresses. */
	given(): string[];
}

/** Runs this shell script for each change; `$OUT` names a file of the test's own folder. */
function start(
	{ onTestFinished }: TestContext,
	script: string,
	{
		env = {},
		at = etcd,
		name = `exec-${++count}`,
	}: { env?: Record<string, string>; at?: Etcd; name?: string } = {},
): Stage {
	const folder = mkdtempSync(join(tmpdir(), 'watch-exec-'));
	removeAtExit(folder);
	const file = join(folder, 'command.sh');
	writeFileSync(file, script);
	const out = join(folder, 'out');
	const running = runCommand(['watch', name, '--exec', `sh ${file} "an argument"`], {
		ETCD_ENDPOINTS: at.endpoint,
		OUT: out,
		...env,
	});
	onTestFinished(() => {
		if (alive(running.pid)) running.signal('SIGKILL');
	});
	const lines = () => (existsSync(out) ? readFileSync(out, 'utf8').split('\n').slice(0, -1) : []);
	return {
		...{ name, folder, running },
		put: async (addr) => void (await at.ctl('put', `/ns/${name}/${addr}`, addr)),
		remove: async (addr) => void (await at.ctl('del', `/ns/${name}/${addr}`)),
		given: () =>
			lines()
				.filter((line) => line.startsWith('['))
				.map((line) => (JSON.parse(line) as { addr: string }[]).map(({ addr }) => addr).join()),
	};
}

const APPEND = 'cat >>$OUT';

describe.concurrent('watch --exec', () => {
	test('runs the command at the start and after each change, and ends with 0', async (context) => {
		const stage = start(context, `${APPEND}; echo "$1" >&1`);
		await until(() => stage.given().length === 1);
		await stage.put('10.0.0.1:80');
		await until(() => stage.given().length === 2);
		await stage.remove('10.0.0.1:80');
		await until(() => stage.given().length === 3, { what: 'the list that is empty after the grace' });
		expect(stage.given()).toEqual(['', '10.0.0.1:80', '']);
		stage.running.signal('SIGTERM');
		const { code, stdout } = await stage.running.waitExit();
		expect([code, stdout]).toEqual([0, 'an argument\n'.repeat(3)]);
	});

	test.for(['SIGHUP', 'SIGQUIT'] as const)(
		'a terminal that is closed ends it: %s',
		async (signal, context) => {
			const stage = start(context, APPEND);
			await until(() => stage.given().length === 1);
			stage.running.signal(signal);
			expect(await stage.running.waitExit()).toMatchObject({ code: 0 });
		},
	);

	test('hands over what discovery knows of each instance', async (context) => {
		const name = `exec-${++count}`;
		const key = `/ns/${name}/1`;
		const value = '{"addr":"[2001:db8::5]:80","id":"a","version":"v1","weight":7,"metadata":{"zone":"b"}}';
		await etcd.ctl('put', key, value);
		const stage = start(context, APPEND, { name, env: { SERVICE_FORMAT: 'json' } });
		await until(() => stage.given().length === 1);
		expect(JSON.parse(readFileSync(join(stage.folder, 'out'), 'utf8'))).toEqual([
			{
				...{ key, id: 'a', host: '2001:db8::5', port: 80, addr: '[2001:db8::5]:80' },
				...{ protocol: null, version: 'v1', weight: 7, metadata: { zone: 'b' } },
			},
		]);
	});

	test('one at a time and at most once a second, and the last run is given the last state', async (context) => {
		const stage = start(context, `date +%s%N >>$OUT.times; sleep 0.3; date +%s%N >>$OUT.times; ${APPEND}`);
		await until(() => stage.given().length === 1);
		for (let n = 0; n < 20; n += 1) await stage.put(`10.0.0.${n}:80`);
		await until(() => stage.given().at(-1)?.split(',').length === 20);
		const times = readFileSync(join(stage.folder, 'out.times'), 'utf8')
			.trim()
			.split('\n')
			.map((each) => Number(each) / 1e6);
		const begun = times.filter((_, at) => at % 2 === 0);
		for (let at = 2; at < times.length; at += 2) expect(times[at]).toBeGreaterThan(times[at - 1] ?? 0);
		// Each moment is taken by a process that needs a while to start.
		const tookMs = (begun.at(-1) ?? 0) - (begun[0] ?? 0);
		expect(tookMs).toBeGreaterThan(1_000 * (begun.length - 1) - 500);
		expect(stage.given().length).toBeLessThan(20);
	});

	test('a command that fails is told and tried again, with the same instances', async (context) => {
		const stage = start(context, `${APPEND}; [ -e "$OUT.good" ] || exit 3; echo >"$OUT.ended"`);
		await stage.put('10.0.0.1:80');
		await until(() => stage.given().length >= 3);
		expect(stage.running.stderr).toContain('the command ended with exit code 3: trying again in 1 s');
		writeFileSync(join(stage.folder, 'out.good'), '');
		await until(() => existsSync(join(stage.folder, 'out.ended')));
		expect(stage.given().at(-1)).toBe('10.0.0.1:80');
	});

	test('while etcd is away nothing is run; once it is back neither, unless something changed', async (context) => {
		const own = await startEtcd();
		context.onTestFinished(() => own.kill());
		const stage = start(context, APPEND, { at: own });
		await stage.put('10.0.0.1:80');
		await until(() => stage.given().at(-1) === '10.0.0.1:80');
		const runs = stage.given().length;
		await own.kill();
		await until(() => stage.running.stderr.includes('etcd does not answer'));
		await own.start();
		await until(() => stage.running.stderr.includes('etcd answers again'));
		await stage.put('10.0.0.2:80');
		await until(() => stage.given().length > runs);
		expect(stage.given().slice(runs)).toEqual(['10.0.0.1:80,10.0.0.2:80']);
	});

	test('with etcd away at the start it waits, and ends when it is asked to', async (context) => {
		const stage = start(context, APPEND, { env: { ETCD_ENDPOINTS: 'http://127.0.0.1:9' } });
		await until(() => stage.running.stderr.includes('etcd does not answer'));
		stage.running.signal('SIGINT');
		expect(await stage.running.waitExit()).toMatchObject({ code: 0 });
		expect(stage.given()).toEqual([]);
	});

	test('a command that runs when it is stopped is ended, too', async (context) => {
		const stage = start(context, `${APPEND}; echo $$ >$OUT.pid; exec sleep 600`);
		const pid = await until(
			() =>
				existsSync(join(stage.folder, 'out.pid')) &&
				Number(readFileSync(join(stage.folder, 'out.pid'), 'utf8')),
		);
		stage.running.signal('SIGTERM');
		expect(await stage.running.waitExit()).toMatchObject({ code: 0 });
		expect(alive(pid)).toBe(false);
	});

	test('a command that does not read its input is no failure, however many instances there are', async (context) => {
		const stage = start(context, 'exec </dev/null; echo [] >>$OUT');
		await until(() => stage.given().length === 1);
		for (let n = 0; n < 5; n += 1) await stage.put(`10.0.0.${n}:80`);
		await until(() => stage.given().length >= 2);
		expect(stage.running.stderr).toBe('');
	});

	test.each([
		['no such command', ['user', '--exec', '/no/such/command'], 127, /command not found/],
		['one that cannot be run', ['user', '--exec', '/etc/passwd'], 126, /cannot be run/],
		['an open quote', ['user', '--exec', "sh -c 'x"], 64, /--exec: the quote ' is not closed/],
		['no name', ['--exec', 'true'], 64, /--exec goes with watch and the name/],
		['two formats', ['user', '--exec', 'true'], 64, /one format/],
		['a name that the format cannot have', ['a/b', '--exec', 'true'], 64, /a name without "\/"/],
	])('%s is told', async (sentence, args, code, message) => {
		const format = sentence.startsWith('two')
			? 'address,grpc'
			: sentence.startsWith('a name')
				? 'kitex'
				: 'address';
		const running = runCommand(['watch', ...args], { ETCD_ENDPOINTS: etcd.endpoint, SERVICE_FORMAT: format });
		expect(await running.waitExit()).toMatchObject({
			code,
			stdout: '',
			stderr: expect.stringMatching(message),
		});
	});
});
