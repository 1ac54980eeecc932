/**
 * Logs to stderr as the first argument says, and tells what came of it as JSON on file descriptor 3, which is
 * never full.
 * Reads a line from stdin where the test decides when to go on.
 */
import { once } from 'node:events';
import { writeSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { PassThrough } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createLog } from '../../../src/adapters/log/winston.js';

const [scenario, format = 'json'] = process.argv.slice(2);
const log = createLog({
	level: 'info',
	format: format === 'pretty' ? 'pretty' : 'json',
	stream: process.stderr,
});
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const order = () => lines.next();
const tell = (fields: Record<string, unknown>) => writeSync(3, `${JSON.stringify(fields)}\n`);
const many = (count: number, from = 0) => {
	for (let n = from; n < from + count; n++) log.info('one of many', { n, padding: 'x'.repeat(20) });
};

/** Bytes that are still in use; how much garbage a process lets lie is Node's affair. */
function retained(): number {
	setFlagsFromString('--expose-gc');
	runInNewContext('gc')();
	const { heapUsed, external } = process.memoryUsage();
	return heapUsed + external;
}

const scenarios: Record<string, () => Promise<void>> = {
	async 'many lines'() {
		await log.load();
		many(50_000);
		tell({ waiting: process.stderr.writableLength });
		await log.close(20_000);
	},
	async 'before and after loading'() {
		log.info('early', { n: 0 });
		await sleep(50);
		const loading = log.load();
		log.info('while loading', { n: 1 });
		await loading;
		log.info('loaded', { n: 2 });
		await log.close(20_000);
	},
	async 'closed at once after loading'() {
		many(100);
		await log.load();
		many(100, 100);
		await log.close(20_000);
	},
	async 'closed while loading'() {
		many(100);
		const loading = log.load();
		await log.close(20_000);
		many(100, 100);
		await loading;
		many(100, 200);
	},
	async 'never loaded'() {
		log.error('wrong configuration', { error: new Error('no SERVICE_NAME') });
		await log.close(20_000);
	},
	async 'never closed'() {
		many(2);
	},
	async 'nobody asks'() {
		const written: string[] = [];
		const telling = (['info', 'error'] as const).map((level) => {
			const stream = new PassThrough();
			createLog({ level, format: 'json', stream: stream as unknown as NodeJS.WriteStream })[level]('a line');
			return once(stream, 'data').then(() => written.push(level));
		});
		await Promise.all(telling);
		tell({ written });
	},
	async 'too many early lines'() {
		many(10_005);
		await log.close(20_000);
	},
	async 'many early lines'() {
		many(2500);
		await log.load();
		many(500, 2500);
		await log.close(20_000);
	},
	async 'late lines'() {
		await log.load();
		log.info('in time', { n: 0 });
		await log.close(20_000);
		log.info('late', { n: 1 });
		log.error('later', { n: 2 });
		await log.close(20_000);
	},
	async 'reader gone'() {
		await log.load();
		tell({ ready: true });
		await order();
		for (let n = 0; n < 100; n++) {
			log.info('to nobody', { n });
			await sleep(1);
		}
		const from = performance.now();
		await log.close(20_000);
		tell({ dropped: log.dropped, closeMs: performance.now() - from });
	},
	async 'reader stalled'() {
		await log.load();
		const before = retained();
		let most = 0;
		for (let n = 0; n < 500; n++) {
			many(1000, n * 1000);
			most = Math.max(most, process.stderr.writableLength);
			await sleep(1);
		}
		tell({ dropped: log.dropped, most, grown: retained() - before });
		await order();
		await log.close(20_000);
		many(1, 500_000);
		await log.close(20_000);
	},
	async 'reader stalled for ever'() {
		await log.load();
		many(50_000);
		await log.close(500);
		tell({ closed: true });
		process.exit(0);
	},
	async 'terminal stopped'() {
		await log.load();
		for (let n = 0; n < 200; n++) {
			many(100, n * 100);
			await sleep(1);
		}
		tell({ alive: true, terminal: process.stderr.isTTY === true });
		await order();
	},
};

await scenarios[scenario ?? '']?.();
process.stdin.destroy();
