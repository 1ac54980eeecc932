/** The end of a run: all is healthy again, and what was promised for then is asked for, step by step. */
import { leasesFor, notConverged } from './convergence.js';
import type { Life } from './life.js';
import type { Scenario } from './scenario.js';
import type { Host, World } from './world.js';

/** Runs until then, or until something is broken. */
export type RunUntil = (ms: number) => boolean;

/** Within which everything is right once every fault is over. */
export function settleMs(world: World): number {
	const { scenario, server, judge, lives } = world;
	const intervalMs = Math.max(2, scenario.ttlSeconds) * 1_000;
	const passMs = Math.max(0, ...lives.map((life) => life.passMs));
	const living = new Set(world.living);
	const others = server.etcd.leases.filter((lease) => {
		const life = judge.leases.get(lease)?.life;
		return life == null || !living.has(life);
	});
	const longestMs =
		1_000 * Math.max(0, ...others.map((lease) => server.etcd.timeToLive(lease)?.grantedSeconds ?? 0));
	// Whoever stops may leave its lease to run out.
	const stoppingMs = world.running.some((life) => !life.isAlive) ? scenario.stopTimeoutMs + intervalMs : 0;
	const othersMs =
		stoppingMs + (longestMs > 0 || lives.length > 1 ? 1.4 * Math.max(longestMs, intervalMs) + 2_000 : 0);
	return (
		passMs +
		1_500 +
		3 * intervalMs +
		othersMs +
		rttMs(world) * (30 + 2 * Math.ceil(scenario.keys / 400)) +
		checkMs(world) +
		intervalMs * retryIntervals(scenario)
	);
}

/** Of more than 64 refused keys half are tried in an interval. */
const retryIntervals = ({ denied, deniedAtFirst }: Scenario): number =>
	Math.ceil(Math.log2(Math.max(1, (denied.length + deniedAtFirst.length) / 64)));

const rttMs = ({ hosts }: World): number =>
	Math.max(...hosts.map(({ process }) => 1.2 * process.quiet.rttMs));
/** What etcd spends on permissions where a lease holds 500 keys at most. */
const checkMs = ({ scenario, hosts }: World): number =>
	scenario.checksKeys ? 0.5 * scenario.keys * hosts.length : 0;

export function quiet(world: World, runFor: RunUntil): void {
	const steps = [settled, steady, heals, replaced, ended];
	for (const step of steps) if (!step(world, runFor)) return;
}

function settled(world: World, runFor: RunUntil): boolean {
	const ms = settleMs(world);
	if (!runFor(ms)) return false;
	const problem = notConverged(world);
	if (problem !== null)
		world.judge.broken('converged in time after the last fault', `after ${Math.round(ms)} ms: ${problem}`);
	return problem === null;
}

/** Two intervals in which nothing is to be done: nothing is done, at the price that is promised. */
function steady(world: World, runFor: RunUntil): boolean {
	const { judge, scenario } = world;
	const intervalMs = Math.max(2, scenario.ttlSeconds) * 1_000;
	const before = judge.ownChanges;
	const calls = new Map(world.living.map((life) => [life, { ...life.calls }]));
	const passesBefore = new Map(world.living.map((life) => [life, countPasses(life)]));
	if (!runFor(2 * intervalMs)) return false;
	if (judge.ownChanges !== before)
		judge.broken(
			'nothing is written where all is right',
			`${judge.ownChanges - before} changes in two intervals`,
		);
	for (const [life, was] of calls) {
		if ([...life.wanted.keys(), ...life.leaving.keys()].some((key) => life.isDenied(key))) continue;
		const passes = countPasses(life) - (passesBefore.get(life) ?? 0);
		const chunks = Math.ceil((life.wanted.size + life.leaving.size) / Math.min(100, scenario.maxTxnOps));
		// What was once too large travels in small batches for a while.
		const small =
			scenario.maxTxnOps < 128 || scenario.faults.some(({ kind }) => kind === 'too large') ? 30 : 2;
		const company = life.process.quiet.rttMs > 250 ? 3 : 1;
		const most = {
			...{
				read: passes * chunks * company * (scenario.maxRequestBytes < 1e6 ? 50 : small),
				write: 0,
				grant: 0,
				revoke: 0,
			},
			...{
				timeToLive: (2 + 2 * (intervalMs / 1_000)) * life.wanted.size,
				count: 20,
				renew: 9 * 4 * leasesFor(life.wanted.size),
				watch: 4,
			},
		};
		for (const call of ['read', 'write', 'grant', 'revoke', 'timeToLive', 'renew'] as const)
			if (life.calls[call] - was[call] > most[call])
				judge.broken(
					'at rest it asks for what it must',
					`${life.name}: ${life.calls[call] - was[call]} ${call}, at most ${most[call]}`,
				);
		const hasLease = life.registrar.status().lease !== null;
		const polls = Math.ceil((2 * intervalMs) / (hasLease ? intervalMs : life.intervalMs)) + 1;
		if (passes > polls + observations(world, life, 2 * intervalMs))
			judge.broken('at rest it passes once an interval', `${life.name}: ${passes} passes in two intervals`);
	}
	return judge.violation === null;
}

/** How often it observes other holders of keys that it wants: each third of their leases' TTL. */
function observations({ server }: World, life: Life, ms: number): number {
	const leases = new Set<string>();
	for (const key of life.wanted.keys()) {
		const lease = server.etcd.get(key)?.lease;
		if (lease != null && !life.leases.has(lease) && life.desired(key) !== null) leases.add(lease);
	}
	const everyMs = [...leases].map((lease) => {
		const granted = server.etcd.timeToLive(lease)?.grantedSeconds ?? 0;
		return Math.max(1_000, (1_000 * granted) / 3);
	});
	return everyMs.reduce((sum, each) => sum + Math.ceil(ms / each) + 1, 0);
}

const countPasses = (life: Life): number => {
	const { ok, failed } = life.registrar.status().counters.passes;
	return ok + failed;
};

/** A key that somebody deletes is back at once, by the watch. */
function heals(world: World, runFor: RunUntil): boolean {
	const { judge, server, random } = world;
	for (const life of world.living) {
		const own = [...life.wanted.keys()].filter((key) => holds(world, life, key));
		const key = own[Math.floor(random.next() * own.length)];
		if (!life.process.hints || key === undefined || life.store.session.denied.size > 0) continue;
		const before = judge.ownChanges;
		judge.hostile(`deletes ${key} in the quiet`, () => server.etcd.delete(key));
		const limitMs =
			10 * 1.2 * life.process.quiet.rttMs + 1_500 + (world.scenario.checksKeys ? own.length * 0.2 : 0);
		if (!runFor(limitMs)) return false;
		const isContested = world.living.some((other) => other !== life && other.wanted.has(key));
		if (!isContested && judge.ownChanges > before + 1)
			judge.broken(
				'one missing key is one put',
				`${life.name}: ${judge.ownChanges - before} changes for ${key}`,
			);
		if (server.etcd.get(key) === null)
			judge.broken(
				'a deleted key is back at once',
				`${life.name}: ${key} is missing after ${Math.round(limitMs)} ms`,
			);
	}
	return judge.violation === null;
}

const holds = ({ server }: World, life: Life, key: string): boolean => {
	const lease = server.etcd.get(key)?.lease;
	return lease != null && life.leases.has(lease);
};

/** A process is replaced by another that takes over before it stops: no key is missing meanwhile. */
function replaced(world: World, runFor: RunUntil): boolean {
	const { judge } = world;
	const host = world.hosts.find((one) => canBeReplaced(world, one));
	const former = host === undefined ? null : world.current(host);
	if (host === undefined || former === null) return true;
	const wanted = [...former.wanted.keys()];
	judge.mustStay = new Set(wanted);
	const next = world.begin(host);
	const limitMs = startMs(world, host);
	if (!runFor(limitMs)) return false;
	const left = [...next.wanted.keys()].filter((key) => !holds(world, next, key));
	if (left.length > 0) {
		judge.broken(
			'the latest starter has its keys at once',
			`${next.name}: ${left.length} not after ${Math.round(limitMs)} ms`,
		);
		return false;
	}
	judge.mustStay = new Set(wanted.filter((key) => next.wanted.has(key)));
	former.stop();
	const ok = runFor(world.scenario.stopTimeoutMs + 500);
	judge.mustStay = new Set();
	return ok;
}

function canBeReplaced(world: World, host: Host): boolean {
	const life = world.current(host);
	if (life === null || life.paused || host.process.policy !== 'take-over' || world.denied.size > 0)
		return false;
	const alone = world.living.every(
		(other) => other === life || ![...life.wanted.keys()].some((key) => other.wanted.has(key)),
	);
	return alone && [...life.wanted.keys()].every((key) => holds(world, life, key));
}

/** Within which a process that nothing hinders is registered. */
export function startMs(world: World, { process }: Host): number {
	const { scenario } = world;
	const keys = process.to - process.from;
	const sizes = scenario.theme === 'sizes' ? 40 : 0;
	return process.quiet.rttMs * 1.2 * (10 + sizes + 2 * Math.ceil(keys / 400)) + 500 + checkMs(world);
}

/** All stop at once, and nothing of them is left. */
function ended(world: World, runFor: RunUntil): boolean {
	const { judge, scenario, server } = world;
	const living = world.living;
	for (const life of living) life.stop();
	if (!runFor(scenario.stopTimeoutMs + 1_000)) return false;
	for (const life of living) {
		if (life.stopped === null) judge.broken('a stop ends in time', `${life.name} has not stopped`);
		const left = [...life.leases]
			.flatMap((lease) => server.etcd.keysOn(lease))
			.filter((key) => !life.isDenied(key));
		if (left.length > 0 && life.process.quiet.rttMs * 12 < scenario.stopTimeoutMs - scenario.callTimeoutMs)
			judge.broken('nothing is left after a stop', `${life.name} left ${left.length} keys: ${left[0]}`);
	}
	return judge.violation === null;
}
