/** docs/design.md against the code: rooms, decision, deadlines and constants. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { decide, type Holder, type Liveness } from '../../src/core/decision/decide.js';
import type { ConflictPolicy } from '../../src/core/registration.js';
import { VARIABLES } from '../../src/core/settings/environment/service-variables.js';
import { defaultText } from '../../src/core/settings/environment/variables.js';
import { duration } from '../../src/core/settings/values/durations.js';
import { HINTS } from '../../src/registrar/events.js';
import { breaches } from '../floors.js';
import { bare, codes, page, rowsOf } from './markdown.js';

const design = page('docs/design.md');

/** The rows of the tables in this section whose head begins with this cell. */
function tableIn(heading: string, head: string): string[][] {
	const [, text = ''] = design.text.split(new RegExp(`^## ${heading}$`, 'm'));
	return rowsOf([{ path: design.path, text: text.split(/^## /m)[0] ?? '' }], head);
}

test('the map names every folder of src, and no other', () => {
	const folders = readdirSync('src', { recursive: true, encoding: 'utf8' })
		.map((path) => `src/${path}`)
		.filter((path) => statSync(path).isDirectory());
	expect(
		tableIn('Map of the source', 'folder')
			.map(([path]) => bare(path))
			.toSorted(),
	).toEqual(['src', ...folders].toSorted());
});

test('a row of the map that names a file names those that are there: of a small folder all', () => {
	for (const [folder, what] of tableIn('Map of the source', 'folder')) {
		const told = codes(what).filter((code) => /^[\w-]+\.ts$/.test(code));
		const known = readdirSync(bare(folder)).filter((name) => name.endsWith('.ts'));
		expect(known, folder).toEqual(expect.arrayContaining(told));
		if (told.length > 0 && known.length <= 7) expect(told.toSorted(), folder).toEqual(known.toSorted());
	}
});

test('the labels of the map, and the table of the floors, name the files that may be imported across', () => {
	const allowed = (from: string, to: string): string[] =>
		readdirSync(`src/${to}`, { recursive: true, encoding: 'utf8' })
			.filter((name) => name.endsWith('.ts'))
			.filter((name) => {
				const planted = `import type { One } from '../${to}/${name.replace(/\.ts$/, '.js')}';`;
				return breaches(new Map([[`src/${from}/one.ts`, planted]])).length === 0;
			})
			.toSorted();
	const named = (text = ''): string[] => [...new Set(text.match(/[\w-]+\.ts/g))].toSorted();
	const edges = [...design.text.matchAll(/^ {4}(\w+) -->\|"(.+\.ts only)"\| (\w+)$/gm)];
	expect(edges.map(([, from, , to]) => `${from} ${to}`)).toEqual([
		'page registrar',
		'adapters registrar',
		'adapters discovery',
	]);
	for (const [edge, from = '', label, to = ''] of edges)
		expect(named(label), edge).toEqual(allowed(from, to));
	const floors = rowsOf(
		[{ path: 'CONTRIBUTING.md', text: readFileSync('CONTRIBUTING.md', 'utf8') }],
		'floor',
	);
	for (const from of ['page', 'adapters']) {
		const [, what] = floors.find(([floor]) => bare(floor) === `src/${from}`) ?? [];
		const files = edges.flatMap(([, one, label]) => (one === from ? named(label) : []));
		expect(named(what), from).toEqual([...new Set(files)].toSorted());
	}
});

const HOLDERS: Readonly<Record<string, Holder>> = {
	'under our current lease': 'our current lease',
	'under an older lease of ours': 'an older lease of ours',
	'under no lease': 'no lease',
};

test('the table of the decision is what decide does', () => {
	const rows = tableIn('The decision', 'observed');
	expect(rows.map(([observed]) => observed)).toEqual([
		'absent',
		...Object.keys(HOLDERS),
		"under another process's lease",
	]);
	for (const [observed = '', ...acts] of rows.slice(0, -1)) {
		const holder = HOLDERS[observed];
		const key = holder === undefined ? null : { value: 'v', lease: '1', modRevision: '1' };
		const standpoint = {
			holder: holder ?? 'no lease',
			hasOwned: true,
			policy: 'take-over',
			liveness: 'unknown',
		} as const;
		expect(
			['v', 'other', null].map((desired) => decide(desired, key, standpoint).act),
			observed,
		).toEqual(acts);
	}
});

test('the table of the conflict policies is what decide does', () => {
	const rows = tableIn('The decision', 'policy');
	expect(rows.map(([policy]) => bare(policy))).toEqual(['take-over', 'wait', 'fail']);
	const columns: readonly [hasOwned: boolean, liveness: Liveness][] = [
		[true, 'alive'],
		[false, 'alive'],
		[false, 'unknown'],
		[false, 'expired'],
	];
	for (const [policy, ...acts] of rows)
		expect(
			columns.map(
				([hasOwned, liveness]) =>
					decide(
						'v',
						{ value: 'v', lease: '1', modRevision: '1' },
						{ holder: 'a foreign lease', hasOwned, liveness, policy: bare(policy) as ConflictPolicy },
					).act,
			),
			policy,
		).toEqual(acts);
});

test('the table of hints holds every hint', () => {
	expect(tableIn('Hints', 'hint').map(([hint]) => bare(hint))).toEqual([...HINTS]);
});

test('the table of settings holds their defaults', () => {
	for (const [name, told = ''] of tableIn('Deadlines and constants', 'setting')) {
		const variable = VARIABLES.find((one) => one.name === bare(name));
		const shown = variable === undefined ? null : defaultText(variable);
		expect({ value: baseValue(told) }, name).toEqual(shown === null ? null : duration(0, 0).parse(shown));
	}
});

test('every derived deadline stands in its file as it is written here', () => {
	for (const [what, , expression, file] of tableIn('Deadlines and constants', 'what'))
		expect(
			readFileSync(bare(file), 'utf8').replace(/\s+/g, ' ').includes(bare(expression)),
			`${what}: ${expression}`,
		).toBe(true);
});

/** Numbers that bound nothing: parts of protocols, states, names and file descriptors. */
const NO_BOUNDS = new Set([
	'IDLE',
	'LIVE',
	'OVER',
	'STDERR',
	'FRAME_HEAD',
	'ID_LENGTH',
	'UNAVAILABLE',
	'WRONG_CONFIGURATION',
	'UNAVAILABLE',
]);

test('the table of constants holds every one with its value', () => {
	const told = tableIn('Deadlines and constants', 'constant').map(
		([name, value = '', file]) => `${bare(file)} ${bare(name)} ${inUnitOf(bare(name), baseValue(value))}`,
	);
	const known = readdirSync('src', { recursive: true, encoding: 'utf8' })
		.filter((path) => path.endsWith('.ts'))
		.flatMap((path) =>
			constantsOf(readFileSync(`src/${path}`, 'utf8')).map(([name, value]) => `src/${path} ${name} ${value}`),
		);
	expect(told.toSorted()).toEqual(known.toSorted());
});

/** Numbers as the code writes them: `10 * 60 * 1000`, `86_400`, `2 ** 31 - 1`. */
function constantsOf(code: string): [name: string, value: number][] {
	const found = code.matchAll(/^(?:export )?const ([A-Z][A-Z0-9_]*) = (\d[\d_.e *-]*);/gm);
	return [...found].flatMap(([, name = '', expression = '']) =>
		NO_BOUNDS.has(name) ? [] : [[name, Number(runInNewContext(expression))]],
	);
}

const UNITS: Readonly<Record<string, number>> = {
	...{ ms: 1, s: 1_000, min: 60_000, h: 3_600_000 },
	...{ KiB: 1_024, MiB: 1_048_576 },
};

function baseValue(told: string): number {
	const [, number, unit] = /^([\d.]+)(?: (\w+))?$/.exec(told) ?? [];
	const factor = unit === undefined ? 1 : UNITS[unit];
	expect(factor, told).toBeDefined();
	return Number(number) * (factor ?? 0);
}

/** Durations are told in milliseconds, but where the name says otherwise. */
const inUnitOf = (name: string, value: number): number => (name.endsWith('_SECONDS') ? value / 1_000 : value);

test('every file that the page names is there', () => {
	for (const [, path = ''] of design.text.matchAll(/`((?:src|test)\/[\w./-]+\.ts)`/g))
		expect(existsSync(path), path).toBe(true);
});
