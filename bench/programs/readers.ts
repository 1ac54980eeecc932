import { type Discovery, discover } from '../../src/discovery.js';

/**
 * `node readers.mjs ENDPOINT COUNT NAME`: so many readers of one service, each with a client and a watch of
 * its own. Prints `{ readyMs, heap }` once all of them are ready, then a line `{ changedAtMs }` (wall clock)
 * when all of them have been told of one change more.
 */
const [endpoint = '', count = '1', name = ''] = process.argv.slice(2);
const beganMs = performance.now();
// Readers that ask in one way share one client: each of these has another deadline.
const readers: Discovery[] = Array.from({ length: Number(count) }, (_, n) =>
	discover({ endpoints: endpoint, name, callTimeoutMs: 20_000 + n, dialTimeoutMs: 60_000 }),
);
await Promise.all(readers.map((reader) => reader.ready()));
const readyMs = performance.now() - beganMs;
(globalThis as { gc?: () => void }).gc?.();
tell({ readyMs, heap: process.memoryUsage().heapUsed, rss: process.memoryUsage().rss });

let waiting = readers.length;
for (const reader of readers)
	reader.on('changed', () => {
		waiting -= 1;
		if (waiting > 0) return;
		waiting = readers.length;
		tell({ changedAtMs: performance.timeOrigin + performance.now() });
	});

function tell(line: object): void {
	process.stdout.write(`${JSON.stringify(line)}\n`);
}
