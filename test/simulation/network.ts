/**
 * One process's way to etcd: how long messages take, which are lost, when it is cut. Connections keep the
 * order of what they carry.
 */
import { StoreError } from '../../src/core/errors.js';
import type { Random } from './random.js';
import type { Owner, SimulatedTime } from './time.js';

export interface Weather {
	readonly rttMs: number;
	/** A message takes up to so much of the round trip longer. */
	readonly jitter: number;
	/** Chance and most length of a longer delay. */
	readonly spikes: number;
	readonly spikeMs: number;
	/** Chance of a request, and of an answer, to be lost. */
	readonly lossUp: number;
	readonly lossDown: number;
}

export const steady = (rttMs: number): Weather => ({
	rttMs,
	jitter: 0.1,
	...{ spikes: 0, spikeMs: 0, lossUp: 0, lossDown: 0 },
});

/** An unanswered SYN is sent again after so long, then twice that, and so on. */
const SYN_AGAIN_MS = 1_000;
/** grpc-js pings a connection that carries something, and gives it up without an answer. */
const PING_GIVES_UP_MS = 13_000;

export class Connection {
	state: 'dialling' | 'open' | 'silent' | 'broken' = 'dialling';
	/** When the last message of each direction arrives: none overtakes it. */
	lastUpMs = 0;
	lastDownMs = 0;
	/** Told when it breaks. */
	readonly users = new Set<(error: StoreError) => void>();
	#waiting: (() => void)[] = [];

	constructor(
		readonly id: number,
		readonly owner: Owner,
	) {}

	whenOpen(run: () => void): void {
		if (this.state === 'open' || this.state === 'silent') run();
		else if (this.state === 'dialling') this.#waiting.push(run);
	}

	open(): void {
		if (this.state !== 'dialling') return;
		this.state = 'open';
		for (const run of this.#waiting.splice(0)) run();
	}

	/** Ends everything on it; the process hears of it now. */
	break(error: StoreError): void {
		if (this.state === 'broken') return;
		this.state = 'broken';
		this.#waiting = [];
		for (const told of [...this.users]) told(error);
	}
}

export class Link {
	readonly connections = new Set<Connection>();
	weather: Weather;
	/** Since then it has been slow at worst. */
	calmSinceMs = 0;
	/** The slowest round trip that the weather allowed, with the moment until which it did. */
	readonly #past: { readonly untilMs: number; readonly worstMs: number }[] = [];
	#cutUntilMs = 0;
	#cutHolds = false;
	#count = 0;

	constructor(
		readonly time: SimulatedTime,
		private readonly random: Random,
		weather: Weather,
	) {
		this.weather = weather;
	}

	/** The longest that a round trip could take at any moment since then. */
	worstRttMs(sinceMs: number): number {
		const past = this.#past.filter(({ untilMs }) => untilMs >= sinceMs).map(({ worstMs }) => worstMs);
		return Math.max(worstOf(this.weather), ...past);
	}

	/** Whether, for all of this time, it did nothing worse than to be slow. */
	isCalmFor(ms: number): boolean {
		const { lossUp, lossDown } = this.weather;
		const nowMs = this.time.now();
		return lossUp === 0 && lossDown === 0 && nowMs >= this.#cutUntilMs && nowMs - this.calmSinceMs >= ms;
	}

	change(weather: Weather): void {
		if (this.weather.lossUp > 0 || this.weather.lossDown > 0) this.trouble();
		this.#past.push({ untilMs: this.time.now(), worstMs: worstOf(this.weather) });
		this.weather = weather;
	}

	/**
	 * Nothing passes for so long. `holds`: what was sent arrives afterwards; else the connections stay deaf.
	 */
	cut(ms: number, holds: boolean): void {
		this.#cutUntilMs = Math.max(this.#cutUntilMs, this.time.now() + ms);
		this.#cutHolds = holds;
		this.calmSinceMs = this.#cutUntilMs + (holds ? 2_000 : 0);
		if (!holds) this.silence();
	}

	mend(): void {
		if (this.time.now() < this.#cutUntilMs) this.trouble();
		this.#cutUntilMs = 0;
	}

	/** Everything that is open goes deaf; a fresh connection hears. */
	silence(): void {
		this.trouble();
		for (const connection of this.connections) {
			if (connection.state !== 'open') continue;
			connection.state = 'silent';
			this.time.after(PING_GIVES_UP_MS, () => this.#breakOne(connection, 'ping timeout'), connection.owner);
		}
	}

	/** Every connection breaks, and both sides know. */
	reset(reason = 'connection reset'): void {
		this.trouble();
		for (const connection of [...this.connections])
			if (connection.state !== 'silent') this.#breakSoon(connection, reason);
	}

	trouble(): void {
		this.calmSinceMs = Math.max(this.calmSinceMs, this.time.now());
	}

	dial(owner: Owner, isUp: () => boolean): Connection {
		this.#count += 1;
		const connection = new Connection(this.#count, owner);
		this.connections.add(connection);
		const shake = (waitMs: number) => {
			const cut = this.time.now() < this.#cutUntilMs;
			const run = cut
				? () => shake(2 * waitMs)
				: () => (isUp() ? connection.open() : this.#refuse(connection));
			this.time.after(cut ? waitMs : this.#delayMs() + this.#delayMs(), run, owner);
		};
		shake(SYN_AGAIN_MS);
		return connection;
	}

	/** A message to etcd. */
	up(connection: Connection, arrive: () => void): void {
		const atMs = this.#arrivalMs(connection, connection.lastUpMs, this.weather.lossUp);
		if (atMs === null) return;
		connection.lastUpMs = atMs;
		this.time.after(atMs - this.time.now(), () => connection.state !== 'silent' && arrive());
	}

	/** A message back: it runs as the process's own code, if that still lives. */
	down(connection: Connection, arrive: () => void): void {
		const atMs = this.#arrivalMs(connection, connection.lastDownMs, this.weather.lossDown);
		if (atMs === null) return;
		connection.lastDownMs = atMs;
		const heard = () => connection.state === 'open' && arrive();
		this.time.after(atMs - this.time.now(), heard, connection.owner);
	}

	#arrivalMs(connection: Connection, notBeforeMs: number, loss: number): number | null {
		if (connection.state === 'silent' || connection.state === 'broken') return null;
		if (loss > 0 && this.random.chance(loss)) return null;
		const nowMs = this.time.now();
		let atMs = nowMs + this.#delayMs();
		if (nowMs < this.#cutUntilMs) {
			if (!this.#cutHolds) return null;
			atMs = this.#cutUntilMs + this.random.between(0, 1_000);
		}
		return Math.max(notBeforeMs, atMs);
	}

	#delayMs(): number {
		const { rttMs, jitter, spikes, spikeMs } = this.weather;
		const spike = spikes > 0 && this.random.chance(spikes) ? this.random.between(0, spikeMs) : 0;
		return (rttMs / 2) * (1 + jitter * this.random.next()) + spike;
	}

	#refuse(connection: Connection): void {
		this.connections.delete(connection);
		connection.break(new StoreError('unreachable', 'connection refused'));
	}

	#breakSoon(connection: Connection, reason: string): void {
		this.time.after(this.#delayMs(), () => this.#breakOne(connection, reason), connection.owner);
	}

	#breakOne(connection: Connection, reason: string): void {
		this.connections.delete(connection);
		connection.break(new StoreError('unavailable', reason));
	}
}

const worstOf = ({ rttMs, jitter, spikes, spikeMs }: Weather): number =>
	rttMs * (1 + jitter) + (spikes > 0 ? 2 * spikeMs : 0);
