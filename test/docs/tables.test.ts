/** The tables of docs/ against the code (what the README and ownership decide: decisions.test.ts). */
import { describe, expect, test } from 'vitest';
import { EXIT } from '../../src/commands/context.js';
import type { StoreErrorCode } from '../../src/core/errors.js';
import { FORMAT_NAMES, FORMATS, type Format, render } from '../../src/core/formats/index.js';
import type { Service } from '../../src/core/registration.js';
import { META_PREFIX, VARIABLES } from '../../src/core/settings/environment/service-variables.js';
import { defaultText } from '../../src/core/settings/environment/variables.js';
import type { CheckOptions, RegistrarOptions, ServiceOptions } from '../../src/core/settings/options.js';
import * as library from '../../src/index.js';
import type { Registrar } from '../../src/registrar/api.js';
import type { KeyState, Status } from '../../src/registrar/documents.js';
import { EVENTS } from '../../src/registrar/events.js';
import { aStatus } from '../support/process/status.js';
import { anchorsOf, bare, codes, page, rowsOf } from './markdown.js';

/** What a type names, as values: the compiler finds what is missing here. */
const named = <T extends string>(names: Readonly<Record<T, true>>): string[] => Object.keys(names).toSorted();

const firstCells = (path: string, head: string): string[] =>
	rowsOf([page(path)], head)
		.flatMap(([cell]) => codes(cell))
		.toSorted();

describe('configuration', () => {
	const rows = rowsOf([page('docs/configuration.md')], 'variable');

	test('the tables hold every variable with its default, and no other', () => {
		const told = rows.map(([name, fallback]) => [bare(name), bare(fallback)]);
		const known = VARIABLES.map((variable) => [
			variable.name,
			bare(variable.defaultMeaning ?? defaultText(variable) ?? ''),
		]);
		expect(told.toSorted()).toEqual([...known, [`${META_PREFIX}<KEY>`, '']].toSorted());
	});

	test('the formats are all named, and those that carry a weight', () => {
		const [, , meaning] = rows.find(([cell]) => bare(cell) === 'SERVICE_FORMAT') ?? [];
		expect(codes(meaning).filter((code) => code !== ',')).toEqual([...FORMAT_NAMES]);
		const weighted = FORMAT_NAMES.filter((name) => FORMATS[name].usualWeight !== null);
		const [, told = ''] =
			/by the formats that carry a weight: ([\w ,-]+)\./.exec(page('docs/configuration.md').text) ?? [];
		expect(told.split(/, | and /)).toEqual(weighted);
	});

	test.each(VARIABLES.filter(({ fallbacks, fromFile }) => fallbacks ?? fromFile))(
		'$name: its fall-backs and its file are named',
		({ name, fallbacks = [], fromFile }) => {
			const [, , meaning = ''] = rows.find(([cell]) => bare(cell) === name) ?? [];
			for (const fallback of fallbacks) expect(meaning).toContain(`\`${fallback}\``);
			if (fromFile) expect(meaning).toContain(`\`${name}_FILE\``);
		},
	);
});

describe('command', () => {
	test('the table of exit codes holds every code that the command has of its own', () => {
		const codesOf = (path: string) =>
			rowsOf([page(path)], 'exit code')
				.map(([code]) => Number(code))
				.filter((code) => !Number.isNaN(code));
		const known = Object.values(EXIT).toSorted((a, b) => a - b);
		expect(codesOf('docs/command.md')).toEqual(known);
		expect(codesOf('docs/troubleshooting.md')).toEqual(expect.arrayContaining(known));
	});

	test('every command and option of the help text is in the tables', async () => {
		const { help } = await import('../../src/commands/help.js');
		let text = '';
		help({ stdout: { write: (part: string) => (text += part) } } as unknown as Parameters<typeof help>[0]);
		const calls = rowsOf([page('docs/command.md')], 'call')
			.map(([cell]) => bare(cell))
			.join('\n');
		for (const [, command = ''] of text.matchAll(/^ {2}etcd-registrar \[?([a-z]+)/gm))
			expect(calls).toMatch(new RegExp(`etcd-registrar \\[?${command}\\b`));
		const options = firstCells('docs/command.md', 'option').map((option) => option.split(' ')[0]);
		for (const [option] of text.matchAll(/(?<= )--?[a-z][a-z-]*(?=[ ,]|$)/gm))
			expect(options).toContain(option);
	});
});

describe('library', () => {
	test.each([
		[
			'option',
			named<keyof RegistrarOptions>({
				...{
					endpoints: true,
					services: true,
					namespace: true,
					ttlSeconds: true,
					onConflict: true,
					auth: true,
				},
				...{ tls: true, dialTimeoutMs: true, callTimeoutMs: true, stopTimeoutMs: true, logger: true },
				...{ meter: true },
			}),
		],
		[
			'option of a service',
			named<keyof ServiceOptions>({
				...{ name: true, addr: true, protocol: true, id: true, version: true },
				...{ weight: true, metadata: true, formats: true, check: true },
			}),
		],
		['event', [...EVENTS].toSorted()],
		[
			'state of a key',
			named<KeyState>({
				...{ pending: true, registered: true, unverified: true, wrong: true },
				...{ 'standing-by': true, withdrawn: true, denied: true },
			}),
		],
		[
			'field',
			named<keyof Status>({
				...{ version: true, state: true, ready: true, live: true, reason: true, keys: true, weights: true },
				...{ paused: true, kept: true },
				...{ lease: true, leases: true, endpoint: true, endpoints: true, intervalMs: true },
				...{ lastPass: true, lastError: true, counters: true },
			}),
		],
		[
			'`code` of a `StoreError`',
			named<StoreErrorCode>({
				...{ unreachable: true, unavailable: true, timeout: true, 'lease-not-found': true },
				...{ 'permission-denied': true, 'authentication-failed': true, 'token-rejected': true },
				...{ exhausted: true, 'too-large': true, 'not-etcd': true, invalid: true, aborted: true },
			}),
		],
	])('the table of %s holds each one, and no other', (head, known) => {
		expect(firstCells('docs/library.md', head)).toEqual(known);
	});

	test('the options of a check are named', () => {
		const [, , meaning = ''] =
			rowsOf([page('docs/library.md')], 'option of a service').find(([cell]) => bare(cell) === 'check') ?? [];
		for (const option of named<keyof CheckOptions>({
			...{ target: true, intervalMs: true, timeoutMs: true, rise: true, fall: true },
			minHealthy: true,
		}))
			expect(meaning).toContain(option);
	});

	test('every method is in the table, and every exported value on the page', () => {
		const calls = firstCells('docs/library.md', 'call').map((call) => call.replace(/\(.*/, ''));
		const methods = named<Exclude<keyof Registrar, symbol>>({
			...{ start: true, ready: true, add: true, update: true, remove: true, pause: true },
			...{ resume: true, reconcile: true, status: true, on: true, stop: true },
		});
		const functions = ['register', 'createRegistrar', 'fromPino', '[Symbol.asyncDispose]'];
		expect(calls).toEqual([...methods, ...functions].toSorted());
		for (const name of Object.keys(library)) expect(page('docs/library.md').text).toContain(`\`${name}`);
	});

	test('the document of the status is one', () => {
		const [, text = ''] = /```json\n(\{[\s\S]*?)```/.exec(page('docs/library.md').text) ?? [];
		const known: Status = aStatus({});
		const told = JSON.parse(text) as Status;
		expect(Object.keys(told)).toEqual(Object.keys(known));
		expect(Object.keys(told.counters)).toEqual(Object.keys(known.counters));
		expect(told.counters.hints).toEqual(known.counters.hints);
	});
});

describe('formats', () => {
	const user: Service = {
		...{ name: 'user', addr: '10.0.0.5:8080', protocol: 'grpc', id: 'user-1', version: 'v1.0.0' },
		...{ weight: 10, metadata: {} },
	};
	const [shown = [], carried = []] = [4, 5].map((columns) =>
		rowsOf([page('docs/formats.md')], 'format').filter((row) => row.length === columns),
	);
	const nameOf = (cell = '') => codes(cell)[0];

	test('the tables hold every format', () => {
		for (const rows of [shown, carried])
			expect(rows.map(([cell]) => nameOf(cell))).toEqual([...FORMAT_NAMES]);
	});

	test.each(FORMAT_NAMES)('%s: key and value are those that are written', (name) => {
		const [, key, value] = shown.find(([cell]) => nameOf(cell) === name) ?? [];
		const service = name === 'coredns' ? { ...user, name: 'user.prod.example.org' } : user;
		const entry = render(service, name, { ttlSeconds: 5, namespace: undefined, weightPercent: undefined });
		expect([bare(key), bare(value)]).toEqual([entry.key, entry.value]);
	});

	test.each(FORMAT_NAMES)('%s: the table says what it carries', (name) => {
		const format: Format = FORMATS[name];
		const [, weight, version, metadata] = carried.find(([cell]) => nameOf(cell) === name) ?? [];
		expect({ weight, version, metadata }).toEqual({
			weight: format.usualWeight === null ? 'no' : 'yes',
			version: format.carries.includes('version') ? 'yes' : 'no',
			metadata: format.carries.includes('metadata') ? 'yes' : 'no',
		});
	});

	test('the drain delay of the clients of each is told', () => {
		const told = rowsOf([page('docs/formats.md')], 'clients').map(([clients = '']) => clients.toLowerCase());
		// The readers of these two are the applications themselves.
		for (const name of FORMAT_NAMES.filter((each) => each !== 'address' && each !== 'json'))
			expect(told.join('\n')).toContain(name);
	});

	test('each has a section of its own', () => {
		const anchors = anchorsOf(page('docs/formats.md'));
		for (const name of FORMAT_NAMES) expect(anchors).toContain(name);
	});
});
