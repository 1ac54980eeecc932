/** The page in a real browser: the real command, a real etcd, and what a person would see. */
import type { BrowserContext } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, expect, type TestContext, test } from 'vitest';
import { needs } from '../support/needs.js';
import { freePort } from '../support/network/net.js';
import { startRegistrar } from '../support/process/registrar.js';
import { end, type Stage, startStage } from '../support/stage/stage.js';
import { until } from '../support/until.js';
import { browserMissing, PHONE, startBrowser, Tab } from './browser.js';

let browser: BrowserContext;
beforeAll(async () => {
	if (browserMissing() === null) browser = await startBrowser();
});
afterAll(() => browser?.close());
beforeEach((context) => needs(context, browserMissing()));

interface Seen {
	readonly stage: Stage;
	readonly tab: Tab;
	readonly port: number;
}

async function seen(context: TestContext, env: Readonly<Record<string, string>> = {}): Promise<Seen> {
	const port = await freePort();
	const stage = await startStage(context, { ttlSeconds: 2, env: { REGISTRAR_HTTP: String(port), ...env } });
	const tab = await Tab.open(browser, `http://127.0.0.1:${port}/`);
	context.onTestFinished(() => tab.page.close());
	return { stage, tab, port };
}

test('in, damaged and put right, etcd silent and back', async (context) => {
	const { stage, tab } = await seen(context);
	await tab.says('#told', /^In\s+The key is right in etcd, since \d\d:\d\d:\d\d$/);
	expect(await tab.page.title()).toBe('In · user');
	await tab.says(
		'#keys',
		new RegExp(`${stage.registrar.key}\\s+${stage.registrar.value}\\s+[0-9a-f]+\\s+[12] s\\s+right`),
	);
	expect(await tab.faults()).toEqual([]);

	await stage.gateway.delete(stage.registrar.key);
	await tab.says('#events', /put right\s+\/ns\/user\/10.0.0.5:8080: found absent, right \d+ m?s later/);
	const line = tab.page.getByRole('img').first();
	expect(await line.getAttribute('aria-label')).toMatch(/put right: found absent/);
	await tab.says('#counters', /Repairs\s+absent 1/);

	stage.etcd.pause();
	await tab.says('#told', /^Unknown\s+etcd does not answer, since/);
	await tab.says('#notes', /Last verified at \d\d:\d\d:\d\d\.\s+The lease was not renewed for its whole TTL/);
	await tab.says('#keys', /run out\s+not verified/);
	await tab.says('#events', /etcd silent\s+until now/);
	await tab.says('#etcd', /In use\s+none answers/);
	expect(await tab.faults()).toEqual([]);

	stage.etcd.resume();
	await tab.says('#word', /^In$/);
	await tab.says('#events', /etcd is back\s+after \d+ s/);
	await tab.says('#etcd', /\(in use\)/);
	expect(await tab.faults()).toEqual([]);
});

test('paused and resumed', async (context) => {
	const { stage, tab } = await seen(context);
	await tab.says('#word', /^In$/);
	stage.registrar.signal('SIGUSR2');
	await tab.says('#told', /^Paused\s+withdrawn on request until resumed, since/);
	await tab.says('#notes', /user: paused at \d\d:\d\d:\d\d: SIGUSR2/);
	await tab.says('#keys', /withdrawn/);
	await tab.says('#events', /withdrawn\s+\/ns\/user\/10.0.0.5:8080: user paused: SIGUSR2/);
	expect(await tab.faults()).toEqual([]);
	stage.registrar.signal('SIGUSR2');
	await tab.says('#word', /^In$/);
	await tab.says('#events', /in again/);
});

test('another process takes the key', async (context) => {
	const { stage, tab } = await seen(context);
	await tab.says('#word', /^In$/);
	const other = startRegistrar(stage.etcd.endpoint, { ttlSeconds: 2 });
	context.onTestFinished(() => end(other));
	await tab.says('#told', /^Standing by\s+another process holds \/ns\/user\/10.0.0.5:8080, since/);
	await tab.says('#events', /standing by/);
	expect(await tab.faults()).toEqual([]);
});

test('200 keys: the bad one on top, the others folded; a filter finds one; by keyboard alone', async (context) => {
	const labels = Array.from({ length: 199 }, (_, n) => `s${n}`);
	const env = {
		SERVICES: ['user', ...labels].join(','),
		...Object.fromEntries(
			labels.map((label, n) => [`SERVICE_${label.toUpperCase()}_ADDR`, `10.0.1.1:${8_000 + n}`]),
		),
	};
	const { stage, tab } = await seen(context, { ...env, SERVICE_USER_ADDR: '10.0.0.5:8080' });
	await tab.says('#told', /All 200 keys are right in etcd/);
	await tab.says('#healthy', /^200 right, of 200 keys$/);
	expect(await tab.page.locator('.keys tbody').count()).toBe(0);
	const other = startRegistrar(stage.etcd.endpoint, { ttlSeconds: 2 });
	context.onTestFinished(() => end(other));
	await tab.says('#keys', /\/ns\/user\/10.0.0.5:8080[\s\S]*standing by/);
	await tab.says('#healthy', /^199 right, of 200 keys$/);
	await tab.picture('page-200-keys.png', { width: 860, height: 760 });
	await tab.page.locator('#filter').focus();
	await tab.page.keyboard.type('1.1:8042');
	await tab.says('#healthy', /^1 right, of 200 keys$/);
	await tab.page.keyboard.press('Tab');
	await tab.page.keyboard.press('Enter');
	await tab.says('#healthy-keys', /10.0.1.1:8042/);
	expect(await tab.page.locator('#healthy-keys tbody').count()).toBe(1);
	expect(await tab.faults()).toEqual([]);
	await tab.page.locator('#filter').fill('');
	await until(async () => (await tab.page.locator('#healthy-keys tbody').count()) === 199);
	expect(await tab.faults()).toEqual([]);
});

test('a hostile value is a text and nothing else', async (context) => {
	const hostile = `</script><img src=x onerror="document.title='got it'"><b>${'long'.repeat(50)}`;
	const port = await freePort();
	const { etcd } = await startStage(context);
	const env = {
		REGISTRAR_HTTP: String(port),
		SERVICE_FORMAT: 'json',
		SERVICE_META_X: hostile,
		SERVICE_NAME: 'bad',
	};
	const registrar = startRegistrar(etcd.endpoint, { env });
	context.onTestFinished(() => end(registrar));
	await registrar.registered();
	const tab = await Tab.open(browser, `http://127.0.0.1:${port}/`);
	context.onTestFinished(() => tab.page.close());
	await tab.says('#keys', /<\/script><img src=x/);
	expect(await tab.page.locator('main img:not([role])').count()).toBe(0);
	expect(await tab.page.locator('main b').count()).toBe(0);
	expect(await tab.page.title()).toBe('In · bad');
	expect(await tab.faults()).toEqual([]);
});

test('nothing is read aloud while nothing changes, and nobody is asked but the registrar', async (context) => {
	const { tab, port } = await seen(context);
	await tab.says('#word', /^In$/);
	await tab.page.evaluate(`
		globalThis.changes = 0;
		new MutationObserver(() => (globalThis.changes += 1))
			.observe(document.getElementById('told'), { subtree: true, childList: true, characterData: true });`);
	const asked: string[] = [];
	tab.page.on('request', (request) => asked.push(request.url()));
	await until(() => asked.length >= 8);
	expect(await tab.page.evaluate('globalThis.changes')).toBe(0);
	const elsewhere = asked.filter(
		(url) => !url.startsWith(`http://127.0.0.1:${port}/`) && !url.startsWith('data:'),
	);
	expect(elsewhere).toEqual([]);
});

test('a registrar that was killed is told as such, and found again when it is back', async (context) => {
	const { stage, tab, port } = await seen(context);
	await tab.says('#word', /^In$/);
	await end(stage.registrar);
	await tab.says('#told', /^No answer\s+The registrar itself does not answer [\s\S]*, since/);
	await tab.says('#notes', /What is shown below is from/);
	expect(tab.complaints.filter((text) => !/ERR_CONNECTION|ERR_EMPTY_RESPONSE/.test(text))).toEqual([]);
	tab.complaints.length = 0;
	expect((await tab.faults()).filter((fault) => !/ERR_CONNECTION/.test(fault))).toEqual([]);
	const again = startRegistrar(stage.proxy.endpoint, {
		ttlSeconds: 2,
		env: { REGISTRAR_HTTP: String(port) },
	});
	context.onTestFinished(() => end(again));
	await tab.says('#word', /^In$/);
});

/** What happened within a minute is drawn as if it had taken ten: real changes, their ages stretched. */
test('the pictures of the documentation', async (context) => {
	const { stage, tab } = await seen(context, { SERVICE_TTL: '5' });
	const STRETCH = 14;
	await tab.page.route('**/changes', async (route) => {
		const answer = await route.fetch();
		const recent = (await answer.json()) as { startedAgoMs: number; changes: { agoMs: number }[] };
		const changes = recent.changes.map((one) => ({ ...one, agoMs: one.agoMs * STRETCH }));
		await route.fulfill({
			response: answer,
			json: { ...recent, startedAgoMs: recent.startedAgoMs * STRETCH, changes },
		});
	});
	await tab.page.route('**/status', async (route) => {
		const answer = await route.fetch();
		const status = (await answer.json()) as { keys: { verifiedAgoMs: number }[] };
		const keys = status.keys.map((one) => ({ ...one, verifiedAgoMs: one.verifiedAgoMs * STRETCH }));
		await route.fulfill({ response: answer, json: { ...status, keys } });
	});
	const { key } = stage.registrar;
	await tab.says('#word', /^In$/);
	const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
	await pause(6_000);
	await stage.gateway.delete(key);
	await tab.says('#events', /found absent/);
	await pause(8_000);
	await stage.gateway.put(key, 'elsewhere:1');
	await tab.says('#events', /found under no lease/);
	await pause(4_000);
	stage.etcd.pause();
	await tab.says('#word', /^Unknown$/);
	await tab.says('#events', /etcd silent/);
	await tab.page.emulateMedia({ colorScheme: 'dark' });
	await tab.picture('page-silent.png', PHONE);
	stage.etcd.resume();
	await tab.page.emulateMedia({ colorScheme: 'light' });
	await tab.says('#word', /^In$/);
	await pause(6_000);
	await tab.picture('page-in.png', { width: 860, height: 720 });
});
