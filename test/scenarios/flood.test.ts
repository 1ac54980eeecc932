import { once } from 'node:events';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { expect, test } from 'vitest';
import { compile } from '../support/compile.js';
import { startEtcd } from '../support/etcd/etcd.js';
import { spawnGuarded } from '../support/process/guarded.js';

const PASSES = 200;
/** How long requests of others may hold up a pass. */
const ALLOWED_MS = 50;
const CLIENTS = 20;
/** Requests at most: a machine on which the passes take for ever is not flooded for ever. */
const MOST = 6_000;

const REQUESTS: readonly string[] = [
	'GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n',
	'GET /status HTTP/1.1\r\nHost: x\r\n\r\n',
	'GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n',
	`GET /${'a'.repeat(8_000)} HTTP/1.1\r\nHost: x\r\n\r\n`,
	'POST /status HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nffffffff\r\n',
	`GET /livez HTTP/1.1\r\nHost: x\r\nX: ${'y'.repeat(20_000)}\r\n\r\n`,
	`GET /livez HTTP/1.1\r\n${'a: b\r\n'.repeat(2_000)}\r\n`,
	'\u0016\u0003\u0001\u0002\u0000\u0001',
	'\u0000rubbish\r\n\r\n',
	// Sent and never ended: it waits until it is cut.
	'GET /readyz HTTP/1.1\r\nHost',
];

const quantile = (values: readonly number[], part: number): number =>
	[...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * part))] ??
	Number.NaN;

test('thousands of requests, right, wrong and never ended, do not hold up the passes', {
	timeout: 180_000,
}, async ({ onTestFinished }) => {
	const etcd = await startEtcd();
	onTestFinished(() => etcd.kill());
	const program = await compile(new URL('./programs/flooded.ts', import.meta.url));
	const child = spawnGuarded(process.execPath, [program, etcd.endpoint], {
		stdio: ['pipe', 'pipe', 'inherit'],
	});
	onTestFinished(() => void child.kill('SIGKILL'));
	if (!child.stdout || !child.stdin) throw new Error('no pipes');
	const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
	const next = async <T>(): Promise<T> => JSON.parse(String((await lines.next()).value)) as T;
	const port = await next<number>();
	const passes = (): Promise<number[]> => {
		child.stdin?.write(`${PASSES}\n`);
		return next<number[]>();
	};
	await passes();
	const rest = await passes();

	let [sent, answered, isOver] = [0, 0, false];
	const client = async () => {
		while (!isOver && sent < MOST) {
			const bytes = REQUESTS[sent % REQUESTS.length] ?? '';
			sent += 1;
			const socket = connect(port, '127.0.0.1').on('error', () => {});
			socket.once('data', () => (answered += 1));
			socket.resume().write(bytes);
			// Those that are never ended stay behind, until they are cut.
			if (bytes.endsWith('Host')) socket.unref();
			else await once(socket, 'close');
		}
	};
	const clients = Promise.all(Array.from({ length: CLIENTS }, client));
	const flooded = await passes();
	isOver = true;
	await clients;

	const heldUp = (part: number) => quantile(flooded, part) - quantile(rest, part);
	const [median, most, worst] = [heldUp(0.5), heldUp(0.95), heldUp(1)].map((ms) => ms.toFixed(1));
	const told = `${sent} requests, ${answered} answered: a pass took ${quantile(rest, 0.5).toFixed(1)} ms at rest, and ${median} more meanwhile (the slowest in twenty ${most}, the slowest ${worst} more than the slowest at rest)`;
	process.stdout.write(`${told}\n`);
	expect(sent).toBeGreaterThan(1_000);
	expect(answered).toBeGreaterThan(sent / 2);
	// The slowest of all tells what the machine was busy with, the slowest in twenty what the requests cost.
	expect(heldUp(0.95), told).toBeLessThan(ALLOWED_MS);
});
