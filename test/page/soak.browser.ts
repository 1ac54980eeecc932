/** An hour of the page: as many questions as it asks in one, while 200 keys are broken all the time. */
import type { BrowserContext } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { RecentChanges } from '../../src/registrar/documents.js';
import { needs } from '../support/needs.js';
import { freePort } from '../support/network/net.js';
import { startStage } from '../support/stage/stage.js';
import { until } from '../support/until.js';
import { browserMissing, startBrowser, Tab } from './browser.js';

/** The page asks once a second. */
const AN_HOUR = 3_600;
const SAMPLES = 6;

let browser: BrowserContext;
beforeAll(async () => {
	if (browserMissing() === null) browser = await startBrowser();
});
afterAll(() => browser?.close());
beforeEach((context) => needs(context, browserMissing()));

test('an hour of questions about 200 keys that are deleted again and again: the page does not grow', async (context) => {
	const labels = Array.from({ length: 199 }, (_, n) => `s${n}`);
	const port = await freePort();
	const stage = await startStage(context, {
		ttlSeconds: 2,
		env: {
			REGISTRAR_HTTP: String(port),
			SERVICES: ['user', ...labels].join(','),
			SERVICE_USER_ADDR: '10.0.0.5:8080',
			...Object.fromEntries(
				labels.map((label, n) => [`SERVICE_${label.toUpperCase()}_ADDR`, `10.0.1.1:${8_000 + n}`]),
			),
		},
	});
	// The page's second is a fiftieth of one, so that the hour takes minutes.
	await browser.addInitScript(() => {
		const wait = setTimeout;
		globalThis.setTimeout = ((run: () => void, ms = 0) => wait(run, ms / 50)) as typeof setTimeout;
	});
	const tab = await Tab.open(browser, `http://127.0.0.1:${port}/`);
	let asked = 0;
	tab.page.on('requestfinished', (request) => {
		if (request.url().endsWith('/status')) asked += 1;
	});
	await tab.says('#told', /All 200 keys are right in etcd/);

	let deleted = 0;
	const breakUntil = async (questions: number) => {
		for (; asked < questions; deleted += 1) {
			const key =
				deleted % 2 === 0
					? '/ns/user/10.0.0.5:8080'
					: `/ns/s${deleted % 199}/10.0.1.1:${8_000 + (deleted % 199)}`;
			await stage.gateway.delete(key);
			if (deleted % 100 === 99) {
				stage.etcd.pause();
				const enough = asked + 20;
				await until(() => asked >= enough, { limitMs: 60_000, what: '20 questions while etcd is silent' });
				stage.etcd.resume();
			}
		}
	};
	const session = await browser.newCDPSession(tab.page);
	await session.send('Performance.enable');
	const sizeAfter = async (questions: number) => {
		await breakUntil(questions);
		// What it shows of a fault is more than it shows of none.
		await tab.says('#told', /All 200 keys are right in etcd/);
		await session.send('HeapProfiler.collectGarbage');
		const { metrics } = await session.send('Performance.getMetrics');
		const of = (name: string) => metrics.find((metric) => metric.name === name)?.value ?? Number.NaN;
		return { nodes: of('Nodes'), listeners: of('JSEventListeners'), heap: of('JSHeapUsedSize') };
	};
	// The more has happened, the more it shows, until the registrar forgets what is oldest.
	const isFull = async () =>
		((await (await fetch(`http://127.0.0.1:${port}/changes`)).json()) as RecentChanges).completeAgoMs !==
		null;
	while (!(await isFull())) await breakUntil(asked + 60);
	const began = asked;
	const sizes: Awaited<ReturnType<typeof sizeAfter>>[] = [];
	for (let n = 0; n < SAMPLES; n += 1)
		sizes.push(await sizeAfter(began + ((AN_HOUR - began) * n) / (SAMPLES - 1)));
	process.stderr.write(`${deleted} deletions, full after ${began} questions: ${JSON.stringify(sizes)}\n`);
	// The smallest of each half: what is not collected yet comes on top.
	const growth = (of: 'nodes' | 'listeners' | 'heap') => {
		const values = sizes.map((size) => size[of]);
		return Math.min(...values.slice(-SAMPLES / 2)) / Math.min(...values.slice(0, SAMPLES / 2));
	};
	expect(growth('listeners')).toBe(1);
	expect(growth('nodes')).toBeLessThanOrEqual(1.2);
	expect(growth('heap')).toBeLessThanOrEqual(1.2);
	expect(tab.complaints).toEqual([]);
}, 1_200_000);
