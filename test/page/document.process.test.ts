/** The page as a document, without a browser: what is in it, how it is served, and what it cannot do. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { startEndpoints } from '../../src/adapters/http/endpoints.js';
import { pageIn } from '../../src/adapters/page.js';
import { aStatus } from '../support/process/status.js';
import { aRecent, change } from './recent.js';

const FILE = 'dist/page.html';
const html = readFileSync(FILE, 'utf8');
const parts = (tag: string): string[] =>
	[...html.matchAll(new RegExp(`<${tag}[^>]*>(.*?)</${tag}>`, 'gs'))].map(([, text]) => text ?? '');

test('it is small, whole and self-contained', () => {
	expect(Buffer.byteLength(html)).toBeLessThanOrEqual(40 * 1024);
	expect([parts('script').length, parts('style').length]).toEqual([1, 1]);
	expect(html).not.toMatch(/\/\* (page\.css|main\.ts) \*\//);
	const markup = html.replace(/<(script|style)>.*?<\/\1>/gs, '');
	const links = [...markup.matchAll(/\b(?:src|href|action)="([^"]*)"/g)].map(([, to]) => to);
	expect(new Set(links)).toEqual(new Set(['data:,', 'status', 'changes', 'metrics', 'readyz', 'livez']));
	// The one address in it names SVG and is asked for by nobody.
	expect(html.match(/https?:\/\/[^"'`\s)]+/g)).toEqual(['http://www.w3.org/2000/svg']);
	expect(markup).not.toMatch(/\bstyle=|\bon[a-z]+=|<(?:button|form)\b/);
});

test('its source sets texts as texts', () => {
	for (const file of readdirSync('src/page').filter((name) => name.endsWith('.ts'))) {
		const code = readFileSync(`src/page/${file}`, 'utf8');
		expect(code, file).not.toMatch(
			/innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|\beval\b|new Function/,
		);
	}
});

test('its policy allows its own script and style by their hashes, and nothing else', () => {
	const hash = (text: string | undefined) =>
		`'sha256-${createHash('sha256')
			.update(text ?? '')
			.digest('base64')}'`;
	expect(pageIn(pathToFileURL(FILE))?.csp.split('; ')).toEqual([
		"default-src 'none'",
		`script-src ${hash(parts('script')[0])}`,
		`style-src ${hash(parts('style')[0])}`,
		'img-src data:',
		"connect-src 'self'",
		"base-uri 'none'",
		"form-action 'none'",
		"frame-ancestors 'none'",
	]);
});

async function serve(page: ReturnType<typeof pageIn>): Promise<string> {
	const endpoints = await startEndpoints({
		...{ host: '127.0.0.1', port: 0, logger: { debug() {}, info() {}, warn() {}, error() {} } },
		status: () => aStatus(),
		changes: () => aRecent([change(5_000, 'missing', 'registered', [1])]),
		page: () => page,
	});
	onTestFinished(() => endpoints.close());
	return `http://127.0.0.1:${await endpoints.listening}`;
}

test('it is served at /, with its policy, to GET and HEAD; the changes beside it', async () => {
	const url = await serve(pageIn(pathToFileURL(FILE)));
	const answer = await fetch(`${url}/?x`);
	expect(answer.status).toBe(200);
	expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8');
	expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'; script-src 'sha256-");
	expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
	expect(answer.headers.get('cache-control')).toBe('no-store');
	expect(await answer.text()).toBe(html);
	const headed = await fetch(`${url}/`, { method: 'HEAD' });
	expect([headed.status, headed.headers.get('content-length')]).toEqual([
		200,
		String(Buffer.byteLength(html)),
	]);
	expect((await fetch(`${url}/`, { method: 'POST' })).status).toBe(405);
	expect(await (await fetch(`${url}/changes`)).json()).toMatchObject({
		changes: [{ agoMs: 5_000, kind: 'missing', before: 'registered', count: 1, keys: [[1, 1]] }],
	});
	expect(await (await fetch(`${url}/nothing`)).json()).toEqual({
		error: 'there is /, /livez, /readyz, /status, /changes, /metrics',
	});
});

test('where it was not built there is none, and the others answer', async () => {
	const missing = pageIn(pathToFileURL('dist/no-such-page.html'));
	expect(missing).toBeNull();
	const url = await serve(missing);
	expect((await fetch(`${url}/`)).status).toBe(404);
	expect((await fetch(`${url}/livez`)).status).toBe(200);
});

test('the package has it beside the modules and the bundle that read it', () => {
	for (const file of ['dist/adapters/page.js', 'dist/bundle/command.cjs'])
		expect(existsSync(file)).toBe(true);
	expect(readFileSync('dist/bundle/command.cjs', 'latin1')).toContain('../page.html');
	expect(existsSync('dist/page')).toBe(false);
});
