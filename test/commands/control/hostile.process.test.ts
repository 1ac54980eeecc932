/** A control socket under clients that send rubbish, never end, and never leave. */
import { mkdtempSync, readdirSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startEtcd } from '../../support/etcd/etcd.js';
import { Gateway } from '../../support/etcd/gateway.js';
import { runCommand } from '../../support/process/command.js';
import { removeAtExit } from '../../support/process/guarded.js';
import { startRegistrar } from '../../support/process/registrar.js';
import { until } from '../../support/until.js';

const ROUNDS = 1_500;
const IDLE = 200;

const random = (length: number) => Buffer.from(Array.from({ length }, () => Math.floor(Math.random() * 256)));
const post = (body: string, length = Buffer.byteLength(body)) =>
	`POST /pause HTTP/1.1\r\nHost: x\r\nContent-Length: ${length}\r\n\r\n${body}`;

const SENT: readonly (() => string | Buffer)[] = [
	() => random(Math.ceil(Math.random() * 4_000)),
	() =>
		Buffer.concat([Buffer.from('POST /pause HTTP/1.1\r\nHost: x\r\nContent-Length: 30\r\n\r\n'), random(30)]),
	() => `GET /status HTTP/1.1\r\nX: ${'y'.repeat(100_000)}\r\n\r\n`,
	() => `GET /${'a'.repeat(20_000)} HTTP/1.1\r\nHost: x\r\n\r\n`,
	() => 'GET /status HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(500),
	() => post(`{"name":"${'x'.repeat(100_000)}"}`),
	() => post('{"name":"nobody"}'),
	() => post('{"name":["user"],"reason":{},"timeoutMs":"x","signal":1,"__proto__":{}}'),
	() => post('[1]'),
	() => 'POST /pause HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nffffffff\r\nx',
	() => 'CONNECT /pause HTTP/1.1\r\nHost: x\r\n\r\n',
	() => 'GET /status HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\nExpect: nothing\r\n\r\n',
	() => 'DELETE /status HTTP/1.0\r\n\r\n',
	// Half a request.
	() => post('{"name":', 1_000),
	() => 'POST /pau',
];

test('rubbish, half requests and hundreds of idle clients cost neither the key nor memory nor descriptors', {
	timeout: 180_000,
}, async ({ onTestFinished }) => {
	const etcd = await startEtcd();
	const gateway = new Gateway(etcd.endpoint);
	const folder = mkdtempSync(join(tmpdir(), 'control-'));
	removeAtExit(folder);
	const path = join(folder, 'c.sock');
	const registrar = startRegistrar(etcd.endpoint, { env: { REGISTRAR_CONTROL: path }, ttlSeconds: 1 });
	onTestFinished(async () => {
		gateway.close();
		await etcd.kill();
	});
	let absences = 0;
	await registrar.registered();
	const watch = await gateway.watch(registrar.key, ({ type }) => {
		if (type === 'delete') absences += 1;
	});
	const descriptors = () => readdirSync(`/proc/${registrar.pid}/fd`).length;
	const open = (): Socket => connect({ path }).on('error', () => {});
	const flood = async (): Promise<void> => {
		for (let round = 0; round < ROUNDS; round += 1) {
			const socket = open();
			socket.resume().write(SENT[round % SENT.length]?.() ?? '');
			// Some leave, the others are cut.
			if (round % 3 === 0) socket.end();
			if (round % 10 === 0)
				await Promise.race([
					new Promise((gone) => socket.once('close', gone)),
					new Promise((over) => setTimeout(over, 20)),
				]);
		}
	};
	const before = descriptors();
	await flood();
	await until(() => descriptors() <= before, { what: 'no more descriptors than before', limitMs: 30_000 });

	const idle = Array.from({ length: IDLE }, open);
	await flood();
	const env = { REGISTRAR_CONTROL: path, REGISTRAR_STOP_TIMEOUT: '20s' };
	// Where all places are taken at that moment it says so, and the next one gets in.
	const asked = async () => {
		const { code, stdout, stderr } = await runCommand(['status', '--json'], env).waitExit();
		if (code !== 0) throw new Error(stderr);
		return stdout;
	};
	expect(JSON.parse(await until(asked))).toMatchObject({ paused: [], state: 'registered' });
	// How much garbage a process lets lie differs; one that keeps something of each request never settles.
	const grownBy = async () => {
		const { rss } = registrar.memory();
		await flood();
		return registrar.memory().rss - rss;
	};
	await until(async () => (await grownBy()) < 2 * 1024 * 1024, { what: 'memory settles', limitMs: 90_000 });
	await until(() => descriptors() <= before, { what: 'no more descriptors than before', limitMs: 30_000 });
	for (const socket of idle) socket.destroy();

	expect(absences).toBe(0);
	expect(await gateway.get(registrar.key)).not.toBeNull();
	expect((await runCommand(['pause'], env).waitExit()).code).toBe(0);
	expect(await gateway.get(registrar.key)).toBeNull();
	const odd = registrar.logs().filter(({ level }) => level === 'warn' || level === 'error');
	expect(odd).toEqual([]);
	watch.close();
	registrar.signal('SIGTERM');
	expect((await registrar.waitExit()).code).toBe(0);
});
