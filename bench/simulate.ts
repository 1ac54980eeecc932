import {
	comeBack,
	type Fleet,
	inStep,
	jitterOnly,
	type Retrying,
	requestsPerSecond,
	spread,
	spreadEnds,
	ticks,
} from './fleet-model.js';

const FLEET: Fleet = { instances: 100_000, intervalMs: 5_000 };
const OUTAGE_MS = 60_000;
const SLOT_MS = 100;
/** One bar stands for so many slots. */
const SLOTS_A_BAR = 5;
const BAR_WIDTH = 50;

/** Prints the plots and tables of docs/scale.md. The numbers are random, their shape is not. */
function main(): string {
	return [
		`${FLEET.instances.toLocaleString('en')} instances, TTL ${FLEET.intervalMs / 1_000} s; etcd was away for ${OUTAGE_MS / 1_000} s and is back at 0.0`,
		...[inStep, jitterOnly(FLEET), spread(FLEET)].flatMap((retrying) => ['', ...plot(retrying)]),
		'',
		...peaks(),
		'',
		'the ticks of the same fleet, started by one event',
		...tickLines(),
		'',
		'keys from which on the spread does not grow (its cap is the interval)',
		...[2, 5, 10, 15, 30].map(
			(seconds) =>
				`  TTL ${String(seconds).padStart(2)} s  ${spreadEnds(seconds * 1_000).toLocaleString('en')}`,
		),
		'',
		...requestTable(),
		'',
	].join('\n');
}

function plot(retrying: Retrying): string[] {
	const slots = comeBack(FLEET, retrying, OUTAGE_MS, SLOT_MS, Math.random);
	const bars: number[] = [];
	slots.forEach((count, slot) => {
		bars[Math.floor(slot / SLOTS_A_BAR)] = (bars[Math.floor(slot / SLOTS_A_BAR)] ?? 0) + count;
	});
	const most = Math.max(...slots);
	return [
		`${retrying.name}: at most ${most.toLocaleString('en')} passes in ${SLOT_MS} ms, all back after ${(slots.length * SLOT_MS) / 1_000} s`,
		...bars.map((count, bar) => {
			const length = Math.round((count / FLEET.instances) * BAR_WIDTH);
			const from = ((bar * SLOTS_A_BAR * SLOT_MS) / 1_000).toFixed(1);
			return `  ${from.padStart(4)} s ${count.toLocaleString('en').padStart(8)} ${'█'.repeat(length) || '▏'}`;
		}),
	];
}

/** For fleets of several sizes: the worst 100 ms without and with the growing cap. */
function peaks(): string[] {
	const row = (...cells: readonly string[]) =>
		cells.map((cell, column) => cell.padStart(column === 0 ? 9 : 18)).join('');
	return [
		`passes in the worst ${SLOT_MS} ms after the outage, TTL ${FLEET.intervalMs / 1_000} s`,
		row('instances', 'in step', 'jitter up to 1 s', 'ours'),
		...[100, 1_000, 10_000, 100_000].map((instances) => {
			const fleet = { ...FLEET, instances };
			const worst = (retrying: Retrying) =>
				Math.max(...comeBack(fleet, retrying, OUTAGE_MS, SLOT_MS, Math.random)).toLocaleString('en');
			return row(
				instances.toLocaleString('en'),
				worst(inStep),
				worst(jitterOnly(fleet)),
				worst(spread(fleet)),
			);
		}),
	];
}

function tickLines(): string[] {
	const slots = ticks(FLEET, SLOT_MS);
	const mean = FLEET.instances / slots.length;
	return [
		`  without phases ${FLEET.instances.toLocaleString('en')} reads in one moment of each interval`,
		`  with them      ${Math.min(...slots)} to ${Math.max(...slots)} reads in each ${SLOT_MS} ms, ${mean} in the mean`,
	];
}

/** N × (1 + 3) / T: with at most 100 keys each. */
function requestTable(): string[] {
	const ttls = [2, 5, 10, 30, 60];
	return [
		'requests a second at rest: N × (ceil(keys / 100) + 3) / TTL',
		`  ${'instances'.padStart(9)}${ttls.map((ttl) => `TTL ${ttl} s`.padStart(12)).join('')}`,
		...[100, 1_000, 10_000, 30_000, 100_000].map(
			(instances) =>
				`  ${instances.toLocaleString('en').padStart(9)}${ttls
					.map((ttl) => Math.round(requestsPerSecond(instances, ttl)).toLocaleString('en').padStart(12))
					.join('')}`,
		),
	];
}

process.stdout.write(main());
