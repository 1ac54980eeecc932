/**
 * What must hold between the steps, observed four times an interval: what a registrar says of itself, and
 * how busy it is.
 */

import type { Life } from './life.js';
import type { Scenario } from './scenario.js';
import type { World } from './world.js';

interface Seen {
	atMs: number;
	passes: number;
	calls: number;
	apiCalls: number;
	denials: number;
	refusals: ReadonlyMap<string, number>;
}

export class Sampling {
	readonly #seen = new Map<Life, Seen>();

	constructor(private readonly world: World) {}

	begin(): void {
		const everyMs = 250 * Math.max(2, this.world.scenario.ttlSeconds);
		const turn = () => {
			for (const life of this.world.running) this.#observe(life);
			this.world.time.after(everyMs, turn);
		};
		this.world.time.after(everyMs, turn);
	}

	#observe(life: Life): void {
		const nowMs = this.world.time.now();
		if (life.stalledUntilMs > nowMs) return;
		// Expires leases first: one might end between the reads below, which must see the same state.
		this.world.server.etcd.expire();
		const status = life.registrar.status();
		this.#isHonest(life, status.ready, status);
		this.#isCalm(life, status.counters.passes.ok + status.counters.passes.failed, status.intervalMs);
	}

	/** Neither ready nor a key told as registered where it was wrong for more than two intervals. */
	#isHonest(life: Life, ready: boolean, { keys, intervalMs }: ReturnType<Life['registrar']['status']>): void {
		const { judge, server, time } = this.world;
		const calm = life.parts.link.isCalmFor(3 * life.passMs) && server.isCalmFor(3 * life.passMs);
		const slackMs = calm ? 8 * life.parts.link.worstRttMs(time.now() - 2 * life.passMs) + 100 : life.passMs;
		const limitMs = 2 * intervalMs + life.slowestReadMs + slackMs;
		const unseenMs = time.now() - life.answeredMs;
		const told = keys.find(({ state }) => state === 'registered');
		if (unseenMs > 2 * intervalMs + 1 && (ready || told !== undefined))
			return judge.broken(
				'never ready or registered by what was seen more than two intervals ago',
				`${life.name} tells ${ready ? 'ready' : told?.key}, last answer ${Math.round(unseenMs)} ms ago`,
			);
		for (const { key, state } of keys) {
			if (!ready && state !== 'registered') continue;
			const wanted = life.wanted.get(key);
			const desired = life.desired(key);
			if (desired === null || wanted === undefined) continue;
			const sinceMs = Math.max(
				judge.changedMs.get(key) ?? 0,
				wanted.sinceMs,
				life.startedMs,
				life.pausedSinceMs,
			);
			if (time.now() - sinceMs <= limitMs) continue;
			const observed = server.etcd.get(key);
			const right = observed?.value === desired && observed.lease !== null && life.leases.has(observed.lease);
			if (!right)
				return judge.broken(
					'never ready or registered while a key was wrong for two intervals',
					`${life.name} tells ${ready ? 'ready' : state} of ${key}, wrong for ${Math.round(time.now() - sinceMs)} ms`,
				);
		}
	}

	/** Passes and calls in one interval have a bound. */
	#isCalm(life: Life, passes: number, intervalMs: number): void {
		const { judge, time, scenario } = this.world;
		const { renew, watch: _watch, ...rest } = life.calls;
		const calls = Object.values(rest).reduce((sum, count) => sum + count, 0);
		const seen = this.#seen.get(life) ?? {
			atMs: life.startedMs,
			passes: 0,
			calls: 0,
			apiCalls: 0,
			denials: 0,
			refusals: new Map(),
		};
		if (time.now() - seen.atMs < intervalMs) return;
		const seconds = (time.now() - seen.atMs) / 1_000;
		const api = life.apiCalls - seen.apiCalls;
		const foreign = judge.leases.size;
		const mostPasses = 25 + 5 * seconds + 3 * api + foreign * (2 + seconds);
		const chunks =
			Math.ceil(scenario.keys / Math.min(100, scenario.maxTxnOps)) *
			(scenario.maxRequestBytes < 1e6 ? 40 : 1);
		const mostCalls =
			(passes - seen.passes + 3) * 5 * (6 * chunks + 10 + foreign) + 40 * seconds + 8 * scenario.keys;
		if (passes - seen.passes > mostPasses)
			judge.broken(
				'passes in an interval are bounded',
				`${life.name}: ${passes - seen.passes} in ${seconds} s`,
			);
		if (calls - seen.calls > mostCalls)
			judge.broken('calls in an interval are bounded', `${life.name}: ${calls - seen.calls} in ${seconds} s`);
		const denied = [...life.store.session.denied.keys()].filter((key) => life.wanted.has(key)).length;
		// Found out by halving at first; tried one by one from then on.
		const isNew = time.now() - life.startedMs < 4 * life.passMs;
		// On a slow link a read gets company, and each of them is refused.
		const company = Math.max(life.process.quiet.rttMs, ...weathers(scenario)) > 250 ? 5 : 1;
		const mostDenials = (60 + (isNew ? 20 : 6) * denied + this.world.rightsChanges * 20) * company;
		if (life.denials - seen.denials > mostDenials)
			judge.broken(
				'what is refused is tried once an interval',
				`${life.name}: ${life.denials - seen.denials} refusals in ${seconds} s for ${denied} keys`,
			);
		const intervals = Math.max(1, (1_000 * seconds) / intervalMs);
		for (const [key, refused] of life.refusals) {
			const times = refused - (seen.refusals.get(key) ?? 0);
			if (times > (isNew ? 5 : 4) * intervals)
				return judge.broken(
					'a refused key is tried once an interval',
					`${life.name}: ${key} ${times} times in ${seconds} s`,
				);
		}
		if (renew > 100 + (time.now() - life.startedMs) / 100)
			judge.broken('renewals are bounded', `${life.name}: ${renew}`);
		const { apiCalls, denials, refusals } = life;
		this.#seen.set(life, {
			...{ atMs: time.now(), passes, calls, apiCalls, denials },
			refusals: new Map(refusals),
		});
	}
}

/** The round trips in milliseconds to which the link changes in the course of the scenario. */
const weathers = ({ faults }: Scenario): number[] =>
	faults.flatMap((fault) => (fault.kind === 'weather' ? [fault.weather.rttMs] : []));
