/**
 * Simulated time: one queue of events, ordered by moment and by the order in which they were asked for. While
 * it is installed, the global timers belong to it, so the code under test runs unchanged and a day takes as
 * long as its events.
 */
import type { Clock } from '../../src/registrar/ports.js';

/** Whose code an event runs: a process that may be stalled, or killed at any moment at which it waits. */
export interface Owner {
	readonly name: string;
	/** Killed: nothing of it ever runs again. */
	dead: boolean;
	/** Its events wait until then (SIGSTOP, a machine that sleeps). */
	stalledUntilMs: number;
	/** Timers that would keep it alive. */
	timers: number;
}

interface Event {
	atMs: number;
	readonly seq: number;
	readonly owner: Owner | null;
	readonly isTimer: boolean;
	run: (() => void) | null;
}

/** So many events in one moment, and time will not go on. */
const MOST_AT_ONCE = 200_000;
/** Node: a longer (or shorter) one fires after 1 ms. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;
const GLOBALS = [
	...(['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] as const),
	...(['setImmediate', 'clearImmediate'] as const),
];

export class TimeStandsStill extends Error {}

class Timer {
	constructor(readonly event: Event) {}
	ref = () => this;
	unref = () => this;
	hasRef = () => true;
}

export class SimulatedTime implements Clock {
	#nowMs = 0;
	#seq = 0;
	#atOnce = 0;
	readonly #queue: Event[] = [];
	/** Whose code runs now; what it starts is its own. */
	owner: Owner | null = null;
	events = 0;

	now(): number {
		return this.#nowMs;
	}

	/**
	 * Runs once after so long, for nobody (the network, etcd) or for a process. Returns what {@link cancel}
	 * takes.
	 */
	after(ms: number, run: () => void, owner: Owner | null = null): object {
		return this.#push(ms, run, owner, false);
	}

	cancel(event: object): void {
		this.#cancel(event as Event);
	}

	/**
	 * Runs events until this moment, or until `done`. Call it from a macrotask: promises settle between two
	 * events.
	 */
	runUntil(untilMs: number, done: () => boolean = () => false): void {
		while (!done()) {
			const next = this.#queue[0];
			if (next === undefined || next.atMs > untilMs) {
				this.#nowMs = Math.max(this.#nowMs, untilMs);
				return;
			}
			this.#pop();
			this.#turn(next);
		}
	}

	/** Runs code of this owner, and all that follows from it at once. */
	as(owner: Owner | null, run: () => void): void {
		this.owner = owner;
		run();
		drain();
		this.owner = null;
	}

	/** Makes the global timers its own. Returns the way back. */
	install(): () => void {
		const real = GLOBALS.map((name) => [name, globalThis[name]] as const);
		const timeout = (run: (...args: unknown[]) => void, ms = 1, ...args: unknown[]) => {
			const afterMs = ms >= 1 && ms <= LONGEST_TIMER_MS ? Math.trunc(ms) : 1;
			return new Timer(this.#push(afterMs, () => run(...args), this.owner, true));
		};
		const interval = (run: () => void, ms: number) => {
			const timer = { event: timeout(again, ms).event };
			function again() {
				timer.event = timeout(again, ms).event;
				run();
			}
			return timer;
		};
		const immediate = (run: (...args: unknown[]) => void, ...args: unknown[]) =>
			new Timer(this.#push(0, () => run(...args), this.owner, true));
		const clear = (timer?: { readonly event?: Event }) => this.#cancel(timer?.event);
		const [setTimeout, clearTimeout, setInterval, clearInterval] = [timeout, clear, interval, clear];
		const simulated = { setTimeout, clearTimeout, setInterval, clearInterval };
		Object.assign(globalThis, simulated, { setImmediate: immediate, clearImmediate: clear });
		return () => Object.assign(globalThis, Object.fromEntries(real));
	}

	#turn(event: Event): void {
		const { run, owner } = event;
		if (run === null || owner?.dead) return;
		if (owner !== null && owner.stalledUntilMs > event.atMs) {
			event.atMs = owner.stalledUntilMs;
			return this.#insert(event);
		}
		this.#atOnce = event.atMs > this.#nowMs ? 0 : this.#atOnce + 1;
		if (this.#atOnce > MOST_AT_ONCE) throw new TimeStandsStill(`${MOST_AT_ONCE} events in one moment`);
		this.#nowMs = event.atMs;
		this.events += 1;
		event.run = null;
		if (owner !== null && event.isTimer) owner.timers -= 1;
		this.as(owner, run);
	}

	#push(ms: number, run: () => void, owner: Owner | null, isTimer: boolean): Event {
		this.#seq += 1;
		const event = { atMs: this.#nowMs + Math.max(0, ms), seq: this.#seq, owner, isTimer, run };
		if (owner !== null && isTimer) owner.timers += 1;
		this.#insert(event);
		return event;
	}

	#cancel(event: Event | undefined): void {
		if (event === undefined || event.run === null) return;
		event.run = null;
		if (event.owner !== null && event.isTimer) event.owner.timers -= 1;
	}

	#insert(event: Event): void {
		const queue = this.#queue;
		let at = queue.push(event) - 1;
		while (at > 0) {
			const above = (at - 1) >> 1;
			const parent = queue[above] as Event;
			if (!isBefore(event, parent)) break;
			queue[at] = parent;
			at = above;
		}
		queue[at] = event;
	}

	#pop(): void {
		const queue = this.#queue;
		const last = queue.pop();
		if (last === undefined || queue.length === 0) return;
		let at = 0;
		for (;;) {
			const left = 2 * at + 1;
			if (left >= queue.length) break;
			const right = left + 1;
			const below =
				right < queue.length && isBefore(queue[right] as Event, queue[left] as Event) ? right : left;
			const child = queue[below] as Event;
			if (!isBefore(child, last)) break;
			queue[at] = child;
			at = below;
		}
		queue[at] = last;
	}
}

const isBefore = (one: Event, other: Event): boolean =>
	one.atMs < other.atMs || (one.atMs === other.atMs && one.seq < other.seq);

/**
 * Node's own turn between two macrotasks: every settled promise's reactions, and rejections that nobody
 * handled.
 */
const drain: () => void = Reflect.get(process, '_tickCallback');
