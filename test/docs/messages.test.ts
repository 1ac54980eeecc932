/**
 * docs/troubleshooting.md has every message of the log, every reason and every warning: found in the sources,
 * looked for on the page.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { page } from './markdown.js';
import { storeErrorsIn, type Text, textsIn, toldIn } from './messages.js';

const { text: troubleshooting } = page('docs/troubleshooting.md');

const read = (path: string): string =>
	readFileSync(join('src', path), 'utf8').replaceAll(/^\s*(?:\/\/|\*|\/\*).*$/gm, '');
const sources = readdirSync('src', { recursive: true, encoding: 'utf8' })
	.filter((path) => path.endsWith('.ts'))
	.map((path) => ({ path, source: read(path) }));

/** Parts of a word or two say nothing by themselves. */
const lacking = (texts: readonly Text[]): string[] =>
	texts.flatMap((parts) => {
		const telling = parts.length === 1 ? parts : parts.filter((part) => part.trim().length >= 8);
		return telling.filter((part) => !troubleshooting.includes(part.trim()));
	});

const isSentence = (parts: Text): boolean => parts.join('').includes(' ');

/** Messages that are no literals where they are logged → where they are written. */
const ELSEWHERE: Readonly<Record<string, readonly [path: string, what: RegExp]>> = {
	'REFUSED[fact.why]': ['registrar/report/journal.ts', /const REFUSED[^;]*;/g],
	'KINDS[kind]': ['discovery/trouble.ts', /const KINDS[^;]*;/g],
	note: ['adapters/host/pid-one.ts', /return '.*';/g],
};
/** Handed on as they come, and looked for below. */
const HANDED_ON = /^(?:message|warning|entry\.message|level|`\$\{trouble\}.*`)$/;

describe('log lines', () => {
	const told = sources.flatMap(({ path, source }) => toldIn(source).map((each) => ({ path, ...each })));

	test('a message is found however it is written', () => {
		const source = `
			logger.warn('one', { error });
			this.parts.logger?.info(paused ? 'two: a' : "two: b");
			this.logger[healthy ? 'info' : 'warn'](
				\`three \${name(')')}, more\`, { 'x': 1 });
			this.#lines.say('error', 'four', on(fact));
			log.warn(note);
			logger.debug('not told');`;
		expect(toldIn(source).map(({ texts }) => texts.map((parts) => parts.join('…')))).toEqual([
			['one'],
			['two: a', 'two: b'],
			['three …, more'],
			['four'],
			[],
		]);
		expect(lacking([['a message that nobody wrote down']])).toHaveLength(1);
	});

	test('the calls are found', () => {
		const messages = told.flatMap(({ texts }) => texts.flat());
		expect(messages).toEqual(
			expect.arrayContaining([
				'registered',
				'put right',
				'etcd answers again',
				'paused: withdrawing',
				'deregistered',
			]),
		);
		expect(messages.length).toBeGreaterThan(25);
	});

	test.each([...new Set(told.map(({ path }) => path))])('%s: every message is on the page', (path) => {
		const own = told.filter((each) => each.path === path);
		expect(lacking(own.flatMap(({ texts }) => texts))).toEqual([]);
		for (const { texts, source } of own) {
			if (texts.length > 0 || HANDED_ON.test(source)) continue;
			const [file, what] = ELSEWHERE[source] ?? [];
			expect(file, `${path} logs ${source}: where is it written?`).toBeDefined();
			const written = [...read(file ?? '').matchAll(what ?? /$^/g)].flatMap(([part]) => textsIn(part));
			expect(written.length, source).toBeGreaterThan(0);
			expect(lacking(written.filter(isSentence))).toEqual([]);
		}
	});
});

describe('reasons', () => {
	test('every reason of the status is on the page', () => {
		const reasons = textsIn(read('registrar/state.ts')).filter(isSentence);
		expect(reasons.length).toBeGreaterThan(8);
		expect(lacking([...reasons, ['stopping'], ['stopped'], ['not started']])).toEqual([]);
	});

	test('every reason of /livez is on the page', () => {
		const [body = ''] = /function liveReason[\s\S]*?\n\}/.exec(read('adapters/http/answers.ts')) ?? [];
		expect(body).not.toBe('');
		expect(lacking(textsIn(body))).toEqual([]);
	});

	test('every sentence about a failed call is on the page', () => {
		const source = read('adapters/etcd/errors.ts');
		const [table = ''] = /const SENTENCES[\s\S]*?\n\];/.exec(source) ?? [];
		const [plain = ''] = /function plainSentence[\s\S]*?\n\}/.exec(source) ?? [];
		const sentences = [...textsIn(withoutPatterns(table)), ...textsIn(withoutPatterns(plain))];
		expect(sentences.length).toBeGreaterThan(12);
		expect(lacking(sentences.filter(isSentence))).toEqual([]);
	});
});

test('every error of the store is on the page', () => {
	const errors = sources.flatMap(({ source }) => storeErrorsIn(source)).filter(isSentence);
	expect(errors.length).toBeGreaterThan(8);
	// A watch is opened again; nobody is told.
	expect(lacking(errors).filter((part) => !part.startsWith('watch cancelled'))).toEqual([]);
});

describe('warnings at the start', () => {
	test.each([
		[
			'core/settings/environment/typos.ts',
			/return (?:isLabel|meant|name|label|near)?[^;]*is not read[^;]*;/g,
		],
		['core/settings/rules.ts', /function notesOn[\s\S]*?\n\}/g],
		['core/settings/doubts.ts', /return \[[^;]*;/g],
		['core/settings/doubts.ts', /return `[^;]*;/g],
		['commands/run/unguarded.ts', /=>\s*`.*`/g],
		['core/settings/environment/environment.ts', /warnings\.push\([^;]*;/g],
	])('%s', (path, what) => {
		const warnings = [...read(path).matchAll(what)].flatMap(([part]) => textsIn(part));
		expect(warnings.length).toBeGreaterThan(0);
		expect(lacking(warnings.filter(isSentence))).toEqual([]);
	});
});

/** A quote within a pattern opens no text. */
function withoutPatterns(source: string): string {
	return source.replaceAll(/(?<=[[(]|\? |\s)\/(?![/*])(?:[^/\\\n]|\\.)+\/[a-z]*/g, 'PATTERN');
}
