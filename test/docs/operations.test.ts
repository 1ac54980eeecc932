/**
 * The pages about operation and design, and those of the repository: links, diagrams, tables, and the
 * workflows.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { metricsText } from '../../src/adapters/http/metrics.js';
import { aStatus } from '../support/process/status.js';
import { anchorsOf, bare, blocksOf, PAGES, type Page, page, prose, rowsOf } from './markdown.js';
import { mermaidProblems } from './mermaid.js';

/** Beside README and docs/, whose links and targets have a test of their own. */
const OTHERS: readonly Page[] = ['CONTRIBUTING.md', 'SECURITY.md'].map((path) => ({
	path,
	text: readFileSync(path, 'utf8'),
}));

describe.each(OTHERS)('$path', (from) => {
	test('its links lead to files and headings that are there', () => {
		for (const [, link = ''] of prose(from).matchAll(/\]\(([^)\s]+)\)/g)) {
			if (/^[a-z]+:/.test(link)) continue;
			const [path = '', anchor] = link.split('#');
			const target = path === '' ? from.path : path;
			expect(existsSync(target), link).toBe(true);
			if (anchor === undefined) continue;
			const text = readFileSync(target, 'utf8');
			expect(anchorsOf({ path: target, text }), link).toContain(anchor);
		}
	});

	test('every make target in it exists', () => {
		for (const target of makeTargets(from.text)) expect(TARGETS, `make ${target}`).toContain(target);
	});
});

test.each(PAGES)('$path: its diagrams can be drawn', (from) => {
	const diagrams = blocksOf(from).filter(({ language }) => language === 'mermaid');
	expect(diagrams.flatMap(({ code }) => mermaidProblems(code))).toEqual([]);
});

const TARGETS = [
	...execFileSync('make', ['help'], { encoding: 'utf8' }).matchAll(/^ +make ([a-z-]+) /gm),
].map(([, target]) => target);
const makeTargets = (text: string): string[] =>
	[...text.matchAll(/(?:^|`|run: |: )make ([a-z][a-z-]+)/gm)].map(([, target]) => target ?? '');

test.each([
	['a semicolon in a sequence', 'sequenceDiagram\nparticipant A\nA->>A: one; two\n'],
	['somebody who was not introduced', 'sequenceDiagram\nparticipant A\nA->>B: hello\n'],
	['a block without an end', 'sequenceDiagram\nparticipant A\nloop for ever\nA->>A: hello\n'],
	['an open bracket', 'flowchart TD\na["one" --> b["two"]\n'],
	['another kind of diagram', 'graphviz\na -> b\n'],
])('a diagram that cannot be drawn is found: %s', (_, code) => {
	expect(mermaidProblems(code)).not.toEqual([]);
});

const operations = page('docs/operations.md');
const tableIn = (from: Page, head: string) => rowsOf([from], head);
const blocks = (from: Page, language: string) =>
	blocksOf(from).flatMap((block) => (block.language === language ? [block.code] : []));

test('the table of metrics holds every metric with its labels, and no other', () => {
	const text = metricsText(aStatus({}), 0);
	const types = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, type]) => [name, type]);
	const rows = tableIn(operations, 'metric');
	expect(rows.map(([name, type]) => [bare(name).replace(/\{.*/, ''), type])).toEqual(types);
	for (const [cell = '', , meaning = ''] of rows) {
		const [, name, label] = /^(\w+)(?:\{(\w+)\})?$/.exec(bare(cell)) ?? [];
		if (label === undefined) continue;
		for (const [, value = ''] of text.matchAll(new RegExp(`^${name}\\{${label}="([^"]+)"`, 'gm')))
			expect(meaning).toContain(`\`${value}\``);
	}
});

test('every metric that a query names exists', () => {
	const text = metricsText(aStatus({}), 0);
	for (const [name] of blocks(operations, 'promql')
		.join('')
		.matchAll(/registrar_\w+/g))
		expect(text).toContain(`# TYPE ${name.replace(/_bucket$/, '')} `);
});

test('the table of alerts holds every rule with its severity', () => {
	const { groups } = parse(readFileSync('recipes/alert-rules.yml', 'utf8')) as {
		groups: readonly { rules: readonly { alert: string; labels: { severity: string } }[] }[];
	};
	const rules = groups.flatMap((group) => group.rules).map(({ alert, labels }) => [alert, labels.severity]);
	expect(tableIn(operations, 'alert').map(([name, , severity]) => [bare(name), severity])).toEqual(rules);
});

test('the table of panels holds every panel of the dashboard', () => {
	const { panels } = JSON.parse(readFileSync('recipes/grafana-dashboard.json', 'utf8')) as {
		panels: readonly { readonly title: string }[];
	};
	expect(tableIn(operations, 'panel').map(([title]) => title)).toEqual(panels.map(({ title }) => title));
});

/** The names in a union of the source, which types alone do not keep. */
function unionIn(code: string, after: string): string[] {
	const rest = code.slice(code.indexOf(after) + after.length);
	const union = rest.replace(/\/\*[\s\S]*?\*\//g, '').split(';', 1)[0] ?? '';
	return [...union.matchAll(/^\s*\| '([\w-]+)'/gm)].map(([, name]) => name ?? '');
}

test('the tables of states hold every state', () => {
	const events = readFileSync('src/registrar/documents.ts', 'utf8');
	const states = (head: string) => tableIn(operations, head).map(([name]) => bare(name));
	expect(states('state')).toEqual(unionIn(events, 'readonly state:\n'));
	expect(states('key state')).toEqual(unionIn(events, 'type KeyState ='));
});

test('the status document has the fields of one', () => {
	const [, told = ''] = blocks(operations, 'json');
	expect(Object.keys(JSON.parse(told) as object)).toEqual(Object.keys(aStatus()));
});

test('the log lines are messages of the program', () => {
	const code = readdirSync('src', { recursive: true, encoding: 'utf8' })
		.filter((path) => path.endsWith('.ts'))
		.map((path) => readFileSync(`src/${path}`, 'utf8'))
		.join('\n');
	for (const line of blocks(operations, 'jsonl').join('').trim().split('\n'))
		expect(code).toContain(`'${(JSON.parse(line) as { message: string }).message}'`);
});

test('the dependencies are those of the package', () => {
	const { dependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as { dependencies: object };
	expect(
		tableIn(page('docs/performance.md'), 'package')
			.map(([name]) => bare(name))
			.toSorted(),
	).toEqual(Object.keys(dependencies).toSorted());
});

test('the load at rest is what its formula says', () => {
	const ttls = [2, 5, 10, 30, 60];
	for (const [instances = '', ...told] of tableIn(page('docs/scale.md'), 'instances, one key each')) {
		const count = Number(instances.replaceAll(',', ''));
		expect(told, instances).toEqual(ttls.map((ttl) => Math.round((count * 4) / ttl).toLocaleString('en')));
	}
});

test('every recipe is on the page about deployment', () => {
	const named = tableIn(page('docs/deploy.md'), 'file').map(
		([link]) => /\]\(\.\.\/(.+)\)/.exec(link ?? '')?.[1],
	);
	expect(named.toSorted()).toEqual(
		readdirSync('recipes')
			.map((name) => `recipes/${name}`)
			.toSorted(),
	);
});

const WORKFLOWS = readdirSync('.github/workflows').map((name) => `.github/workflows/${name}`);

describe.each(WORKFLOWS)('%s', (path) => {
	const text = readFileSync(path, 'utf8');
	const workflow = parse(text) as {
		readonly permissions: object;
		readonly jobs: Readonly<
			Record<string, { readonly 'timeout-minutes'?: number; readonly steps: readonly Step[] }>
		>;
	};

	test('its jobs have steps and an end, and may write nothing but what they need', () => {
		expect(workflow.permissions).toEqual({ contents: 'read' });
		for (const [name, job] of Object.entries(workflow.jobs)) {
			expect(job['timeout-minutes'], name).toBeGreaterThan(0);
			for (const step of job.steps) expect(Object.keys(step), name).toSatisfy(runsOrUses);
		}
	});

	test('its make targets exist', () => {
		expect(makeTargets(text).length).toBeGreaterThan(0);
		for (const target of makeTargets(text)) expect(TARGETS, `make ${target}`).toContain(target);
	});
});

interface Step {
	readonly run?: string;
	readonly uses?: string;
}
const runsOrUses = (keys: readonly string[]): boolean => keys.includes('run') !== keys.includes('uses');

test('the tests run on every supported Node and on two versions of etcd', () => {
	const { jobs } = parse(readFileSync('.github/workflows/ci.yml', 'utf8')) as {
		jobs: { test: { strategy: { matrix: { node: string[]; etcd: string[] } } } };
	};
	const { node, etcd } = jobs.test.strategy.matrix;
	expect(node).toEqual(['20', '22', '24', '26']);
	expect(etcd.map((version) => version.split('.', 2).join('.'))).toEqual(['3.4', '3.5']);
});

test.each(['bug.yml', 'feature.yml'])('the issue form %s has what GitHub asks of one', (name) => {
	const form = parse(readFileSync(`.github/ISSUE_TEMPLATE/${name}`, 'utf8')) as {
		name: string;
		description: string;
		body: readonly { type: string; id: string; attributes: { label: string } }[];
	};
	expect([form.name, form.description].every((text) => text.length > 0)).toBe(true);
	expect(new Set(form.body.map(({ id }) => id)).size).toBe(form.body.length);
	for (const { type, attributes } of form.body) {
		expect(['textarea', 'input', 'dropdown', 'checkboxes', 'markdown']).toContain(type);
		expect(attributes.label.length).toBeGreaterThan(0);
	}
});
