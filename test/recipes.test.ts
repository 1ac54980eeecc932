import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { metricsText } from '../src/adapters/http/metrics.js';
import { needs } from './support/needs.js';
import { promtool, promtoolMissing } from './support/process/promtool.js';
import { aStatus } from './support/process/status.js';

const folder = fileURLToPath(new URL('../recipes/', import.meta.url));
const recipe = (name: string) => readFileSync(join(folder, name), 'utf8');
const scratch = mkdtempSync(join(tmpdir(), 'recipes-'));
afterAll(() => rmSync(scratch, { recursive: true }));

const served = new Set(
	metricsText(
		aStatus({
			keys: [
				{
					key: '/ns/demo/a',
					service: 'demo',
					addr: 'a',
					state: 'registered',
					verifiedAgoMs: 0,
					value: 'a',
					lease: null,
				},
			],
		}),
		0,
	).match(/^registrar_\w+/gm),
);
const used = (text: string) => [...new Set(text.match(/\bregistrar_\w+/g))];

interface Panel {
	readonly id: number;
	readonly title: string;
	readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
	readonly targets: readonly { readonly expr: string }[];
}

test('the dashboard asks for metrics that are served, and its panels do not overlap', () => {
	const dashboard = JSON.parse(recipe('grafana-dashboard.json')) as {
		readonly title: string;
		readonly panels: readonly Panel[];
	};
	const cells = new Set<string>();
	for (const { title, targets, gridPos } of dashboard.panels) {
		expect(targets.length, title).toBeGreaterThan(0);
		expect(served, title).toEqual(new Set([...served, ...targets.flatMap(({ expr }) => used(expr))]));
		for (let x = gridPos.x; x < gridPos.x + gridPos.w; x += 1) {
			for (let y = gridPos.y; y < gridPos.y + gridPos.h; y += 1) {
				expect(x, title).toBeLessThan(24);
				expect(cells.has(`${x},${y}`), title).toBe(false);
				cells.add(`${x},${y}`);
			}
		}
	}
	expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length);
	const shown = new Set(
		dashboard.panels
			.flatMap(({ targets }) => targets.flatMap(({ expr }) => used(expr)))
			.map((name) => name.replace(/_bucket$/, '')),
	);
	const families = new Set([...served].map((name) => name.replace(/_(bucket|sum|count)$/, '')));
	expect(shown).toEqual(families);
});

test('the alert rules ask for metrics that are served', () => {
	const rules = recipe('alert-rules.yml');
	const metrics = rules.match(/^ +expr: .*$/gm)?.flatMap(used) ?? [];
	expect(metrics.length).toBeGreaterThan(rules.match(/^ +- alert: /gm)?.length ?? 0);
	for (const metric of metrics) expect(served).toContain(metric);
});

test('promtool accepts the alert rules', (context) => {
	needs(context, promtoolMissing());
	expect(promtool(['check', 'rules', join(folder, 'alert-rules.yml')])).toMatchObject({ status: 0 });
	const wrong = join(scratch, 'wrong.yml');
	writeFileSync(wrong, recipe('alert-rules.yml').replace('== 0', '=='));
	expect(promtool(['check', 'rules', wrong]).status).not.toBe(0);
});

/** One minute a step; which alerts must fire after 20 minutes. */
const ALERTS: readonly (readonly [
	sentence: string,
	series: Readonly<Record<string, string>>,
	fires: readonly string[],
])[] = [
	[
		'a key in etcd fires nothing',
		{ 'registrar_registered{key="/a"}': '1x30', registrar_last_verified_timestamp_seconds: '0+60x30' },
		[],
	],
	[
		'a key that is missing fires',
		{ 'registrar_registered{key="/a"}': '1 1 0x30' },
		['EtcdRegistrarNotRegistered'],
	],
	[
		'a key that another registrar has is no outage: one stands by',
		{
			'registrar_registered{key="/a",instance="one"}': '1x30',
			'registrar_registered{key="/a",instance="other"}': '0x30',
		},
		['EtcdRegistrarStandsBy'],
	],
	[
		'a registrar that is gone and still a target fires',
		{
			'up{job="j",instance="one"}': '1x10 0x20',
			'registrar_registered{key="/a",job="j",instance="one"}': '1x10 stale',
		},
		['EtcdRegistrarVanished'],
	],
	[
		'a target that is down and never was a registrar fires nothing',
		{ 'up{job="j",instance="other"}': '0x30' },
		[],
	],
	[
		'a registrar that is no target any more fires nothing',
		{ 'registrar_registered{key="/a",job="j",instance="one"}': '1x10 stale' },
		[],
	],
	[
		'a key that was missing for a minute fires nothing',
		{ 'registrar_registered{key="/a"}': '1x16 0 1x13' },
		[],
	],
	[
		'a verification that stands still fires',
		{ registrar_last_verified_timestamp_seconds: '60x30' },
		['EtcdRegistrarNotVerified'],
	],
	['one that never was is the first rule alone', { registrar_last_verified_timestamp_seconds: '0x30' }, []],
	[
		'repairs again and again fire',
		{ 'registrar_repairs_total{reason="absent"}': '0+1x30' },
		['EtcdRegistrarKeepsRepairing'],
	],
	['one repair fires nothing', { 'registrar_repairs_total{reason="absent"}': '0x10 1x20' }, []],
	[
		'conflicts again and again fire',
		{ registrar_conflicts_total: '0+1x30' },
		['EtcdRegistrarKeepsRepairing'],
	],
];
test.for(ALERTS)('alerts: %s', ([, series, fires], context) => {
	needs(context, promtoolMissing());
	const names = [...recipe('alert-rules.yml').matchAll(/- alert: (\w+)/g)].map((match) => String(match[1]));
	const input_series = Object.entries(series).map(([name, values]) => ({ series: name, values }));
	// What fires is told by ALERTS; the labels and texts are not what is asked here.
	const promql_expr_test = names.map((name) => ({
		expr: `count by (alertname) (ALERTS{alertname="${name}",alertstate="firing"})`,
		eval_time: '20m',
		exp_samples: fires.includes(name) ? [{ labels: `{alertname="${name}"}`, value: 1 }] : [],
	}));
	const file = join(scratch, 'alerts.json');
	// JSON is YAML.
	writeFileSync(
		file,
		JSON.stringify({
			rule_files: [join(folder, 'alert-rules.yml')],
			evaluation_interval: '1m',
			tests: [{ interval: '1m', input_series, promql_expr_test }],
		}),
	);
	const { status, text } = promtool(['test', 'rules', file]);
	expect(status, text).toBe(0);
	expect(names).toEqual(expect.arrayContaining([...fires]));
});

test('the systemd unit does not start again what that would not mend', () => {
	const unit = recipe('etcd-registrar@.service');
	const value = (key: string) => new RegExp(`^${key}=(.*)$`, 'm').exec(unit)?.[1];
	expect(value('ExecStart')).toBe('/usr/bin/env etcd-registrar run');
	expect(value('Restart')).toBe('always');
	expect(value('RestartPreventExitStatus')?.split(' ')).toEqual(['64', '75', '78']);
	expect(Number(value('TimeoutStopSec'))).toBeGreaterThan(5);
	expect([value('Type'), value('NotifyAccess')]).toEqual(['notify', 'all']);
});

test('systemd-analyze finds nothing to complain about in the unit', (context) => {
	const verify = (unit: string) => spawnSync('systemd-analyze', ['verify', unit], { encoding: 'utf8' });
	const { error, status, stdout, stderr } = verify(join(folder, 'etcd-registrar@.service'));
	needs(context, error === undefined ? null : `systemd-analyze could not be run: ${error.message}`);
	expect({ status, text: `${stdout}${stderr}` }).toEqual({ status: 0, text: '' });
	const wrong = join(scratch, 'wrong@.service');
	writeFileSync(wrong, recipe('etcd-registrar@.service').replace('RestartSec=1', 'RestartSec=soon'));
	expect(verify(wrong).stderr).toContain('wrong@.service:');
});

test.each([
	['exec.Dockerfile', ['node_modules/.bin/etcd-registrar', 'run', '--']],
	['sidecar.Dockerfile', ['etcd-registrar']],
])('%s starts the registrar without a shell, not as root', (name, entrypoint) => {
	const text = recipe(name);
	const words = (instruction: string): unknown =>
		JSON.parse(String(new RegExp(`^${instruction} (.*)$`, 'm').exec(text)?.[1]));
	expect(words('ENTRYPOINT')).toEqual(entrypoint);
	expect(words('CMD')).toEqual(expect.arrayContaining([expect.any(String)]));
	expect(text).toMatch(/^USER node$/m);
	expect(text).toMatch(/^FROM node:24-slim$/m);
	if (name === 'exec.Dockerfile') expect(text).toMatch(/^# +docker run --init /m);
});

test.each(['fastify.js', 'grpc.js'])('%s takes six lines at most and is valid', (name) => {
	const code = recipe(name)
		.split('\n')
		.filter((line) => line.trim() !== '' && !line.startsWith('//'));
	expect(code.length).toBeLessThanOrEqual(6);
	expect(code.join('\n')).toMatch(/from 'etcd-registrar'|import 'etcd-registrar\/auto'/);
	expect(spawnSync(process.execPath, ['--check', join(folder, name)], { encoding: 'utf8' })).toMatchObject({
		status: 0,
		stderr: '',
	});
});

test('each recipe has a test here', () => {
	const tested = ['', '.process', '-discovery.process', '-pod.process']
		.map((kind) => readFileSync(new URL(`./recipes${kind}.test.ts`, import.meta.url), 'utf8'))
		.join('');
	for (const name of readdirSync(folder)) expect(tested).toContain(name);
});
