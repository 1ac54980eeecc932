import { execFileSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { type Etcd, startEtcd } from '../../support/etcd/etcd.js';
import { Gateway } from '../../support/etcd/gateway.js';
import { runCommand } from '../../support/process/command.js';
import { removeAtExit } from '../../support/process/guarded.js';
import { atRest, childrenOf } from '../../support/process/proc.js';
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
const command = (args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
	runCommand(args, { ETCD_ENDPOINTS: etcd.endpoint, ...env });
const objects = (text: string) =>
	text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as Record<string, unknown>]));
const NOWHERE = { ETCD_ENDPOINTS: 'http://127.0.0.1:1' };

/** So many keys below `/<namespace>/s/`. */
async function many(namespace: string, count: number): Promise<void> {
	for (let from = 0; from < count; from += 100) {
		const success = Array.from({ length: 100 }, (_, at) => ({
			request_put: { key: Buffer.from(`/${namespace}/s/${from + at}`).toString('base64'), value: 'eA==' },
		}));
		await gateway.call('/v3/kv/txn', { success });
	}
}

describe('list', () => {
	test('key, value, lease, seconds left and age: an array for machines, a table for people', async () => {
		const lease = await gateway.grant(60);
		await gateway.put('/ns/list/10.0.0.5:80', '10.0.0.5:80', lease);
		await gateway.put('/ns/list/[2001:db8::5]:80', '[2001:db8::5]:80');
		await gateway.put('/ns/list/odd', 'two\nlines');
		await gateway.put('/ns/list2/10.0.0.9:80', '10.0.0.9:80');
		const json = await command(['list', 'list', '--json']).waitExit();
		expect(json).toMatchObject({ code: 0, stderr: '' });
		const rows = JSON.parse(json.stdout) as { secondsLeft: number | null }[];
		expect(rows).toMatchObject([
			{
				key: '/ns/list/10.0.0.5:80',
				value: '10.0.0.5:80',
				lease,
				leaseHex: BigInt(lease).toString(16),
				secondsLeft: expect.any(Number),
				age: expect.any(Number),
			},
			{
				key: '/ns/list/[2001:db8::5]:80',
				value: '[2001:db8::5]:80',
				lease: null,
				leaseHex: null,
				secondsLeft: null,
				age: null,
			},
			{ key: '/ns/list/odd', value: 'two\nlines' },
		]);
		expect(rows[0]?.secondsLeft).toBeGreaterThan(30);
		const table = (await command(['list', 'list']).waitExit()).stdout.trimEnd().split('\n');
		expect(table).toHaveLength(4);
		expect(table[0]).toMatch(/^KEY +VALUE +LEASE +LEFT +AGE$/);
		expect(table[3]).toContain('two\\nlines');
		expect(table[1]).toContain(BigInt(lease).toString(16));
		const column = table[0]?.indexOf('VALUE') ?? 0;
		expect(table.slice(1, 3).map((line) => line.slice(column, column + 3))).toEqual(['10.', '[20']);
	});

	test('without a name it shows every service, more than a page of them', async () => {
		await many('many', 1_200);
		const { stdout } = await command(['list', '--json'], { SERVICE_NAMESPACE: 'many' }).waitExit();
		expect(new Set((JSON.parse(stdout) as { key: string }[]).map(({ key }) => key)).size).toBe(1200);
	});

	test('a reader that is slower than the command gets everything', async () => {
		await many('slow', 3_000);
		const wrap = ['sh', '-c', '"$@" | (sleep 4; cat)', 'sh'];
		const env = { ETCD_ENDPOINTS: etcd.endpoint, SERVICE_NAMESPACE: 'slow' };
		const { code, stdout } = await runCommand(['list', '--json'], env, { wrap }).waitExit();
		expect(code).toBe(0);
		expect(stdout.length).toBeGreaterThan(3 * 64 * 1024);
		expect(JSON.parse(stdout)).toHaveLength(3_000);
	});

	test('nothing there is an empty array and no failure', async () => {
		expect(await command(['list', 'nobody', '--json']).waitExit()).toMatchObject({ code: 0, stdout: '[]\n' });
	});

	test('etcd that is not there is named, exit 69', async () => {
		const exit = await command(['list'], NOWHERE).waitExit();
		expect(exit).toMatchObject({ code: 69, stdout: '' });
		expect(exit.stderr).toContain('etcd at http://127.0.0.1:1 does not answer: connection refused');
	});
});

describe('watch', () => {
	test('each change is one object a line, and after a restart of etcd the last state is told', async () => {
		const own = await startEtcd();
		const eye = new Gateway(own.endpoint);
		const watch = command(['watch', '--json'], { ETCD_ENDPOINTS: own.endpoint });
		const seen = (event: string, value: string) =>
			until(() => objects(watch.stdout).some((each) => each.event === event && each.value === value));
		await eye.put('/ns/w/a', 'first');
		await seen('put', 'first');
		await eye.put('/ns/w/b', 'second');
		await seen('put', 'second');
		expect(objects(watch.stdout).find(({ value }) => value === 'second')).toMatchObject({
			key: '/ns/w/b',
			lease: null,
			secondsLeft: null,
			age: 0,
		});
		await eye.delete('/ns/w/b');
		await seen('delete', 'second');
		await own.stop();
		await until(() => watch.stderr.includes('does not answer'));
		await own.start();
		await until(() => eye.put('/ns/w/a', 'third').then(() => true));
		await seen('put', 'third');
		await until(() => watch.stderr.includes('etcd answers again'));
		await own.wipe();
		await seen('delete', 'third');
		watch.signal('SIGINT');
		expect((await watch.waitExit()).code).toBe(0);
		eye.close();
		await own.kill();
	});

	test('a reader that stalls piles nothing up, and sees the newest state when it comes back', async () => {
		const folder = mkdtempSync(join(tmpdir(), 'watch-'));
		removeAtExit(folder);
		const go = join(folder, 'go');
		execFileSync('mkfifo', [go]);
		const wrap = ['sh', '-c', `exec 9<>${go}; "$@" | (dd bs=1 count=10 2>/dev/null; read go <&9; cat)`, 'sh'];
		const env = { ETCD_ENDPOINTS: etcd.endpoint, SERVICE_NAMESPACE: 'stalled' };
		const watch = runCommand(['watch', '--json'], env, { wrap });
		const put = (letter: string) => gateway.put('/stalled/s/key', letter.repeat(200_000));
		await put('a');
		await until(() => watch.stdout.length === 10);
		for (const letter of 'bcdef') {
			await put(letter);
			// A watch that goes on reading, which is the fault, has read it by then.
			for (const pid of childrenOf(watch.pid)) await atRest(pid);
		}
		writeFileSync(go, 'go\n');
		await until(() => watch.stdout.includes('fff"') && watch.stdout.endsWith('\n'));
		expect(objects(watch.stdout).map(({ value }) => String(value)[0])).toEqual(['a', 'f']);
		for (const pid of childrenOf(watch.pid)) process.kill(pid, 'SIGTERM');
		await watch.waitExit();
	});

	test('etcd that is not there yet is reported once and waited for', async () => {
		const watch = command(['watch'], NOWHERE);
		await until(() => watch.stderr.includes('does not answer'));
		watch.signal('SIGTERM');
		const { code, stderr } = await watch.waitExit();
		expect(code).toBe(0);
		expect(stderr.match(/does not answer/g)).toHaveLength(1);
	});
});

test('health asks /readyz: 0 when ready, 1 when not, with one line why', async () => {
	const http = await import('../../support/network/net.js').then(({ freePort }) => freePort());
	const env = { REGISTRAR_HTTP: `0.0.0.0:${http}`, SERVICE_NAME: 'health', SERVICE_ADDR: '10.0.0.5:80' };
	const health = async (more: Readonly<Record<string, string>> = {}) => {
		const { code, stdout } = await runCommand(['health'], { ...env, ...more }).waitExit();
		expect(stdout.trimEnd().split('\n')).toHaveLength(1);
		return `${code} ${stdout.trimEnd()}`;
	};
	expect(await health()).toMatch(/^1 not known: no answer at 127\.0\.0\.1:\d+: .*ECONNREFUSED/);
	expect(await health({ REGISTRAR_HTTP: '' })).toMatch(/^1 not known: REGISTRAR_HTTP is not set/);
	expect(await health({ REGISTRAR_HTTP: 'nowhere' })).toMatch(
		/^1 not known: REGISTRAR_HTTP is "nowhere", expected/,
	);
	const missing = await runCommand(['health', '--env', 'no-such-file'], env).waitExit();
	expect(missing).toMatchObject({
		code: 1,
		stdout: expect.stringMatching(/^not known: .*no-such-file.*\n$/),
	});
	const run = command(['run'], env);
	await run.waitForLog(({ message }) => message === 'registered');
	expect(await until(async () => (await health()).startsWith('0 ready: ') && 'ready')).toBe('ready');
	run.signal('SIGUSR2');
	expect(await until(async () => (await health()).startsWith('1 not ready: paused') && 'paused')).toBe(
		'paused',
	);
	run.signal('SIGTERM');
	expect((await run.waitExit()).code).toBe(0);
});
