/**
 * The registrar's `Store` on simulated connections: reads are raced and decide which connection carries the
 * rest, as in the real adapter.
 */
import { StoreError, type StoreErrorCode } from '../../src/core/errors.js';
import { unlessAborted } from '../../src/core/promises.js';
import type { LeaseId } from '../../src/core/registration.js';
import type {
	KeepaliveListener,
	KeepaliveStream,
	LeaseTimeLeft,
	Reading,
	Store,
	WatchListener,
	WatchStream,
	Write,
} from '../../src/registrar/ports.js';
import type { MemorySession } from '../support/memory/memory-session.js';
import type { Connection, Link } from './network.js';
import { Race } from './race.js';
import type { SimulatedEtcd } from './server.js';
import type { Owner } from './time.js';

export type Call = 'read' | 'write' | 'grant' | 'revoke' | 'timeToLive' | 'count' | 'renew' | 'watch';

/** Who is told what a client does. */
export interface CallWitness {
	/** The registrar made this call. */
	called(call: Call, what: string): void;
	/** etcd carries it out: `carryOut` runs inside, so that what it changes is seen as this client's doing. */
	carriedOut<T>(call: Call, what: string, carryOut: () => T): T;
	/** `null` = it did what was asked. */
	answered(call: Call, what: string, error: unknown): void;
	/** What the registrar asked for of this key alone was refused for permission, however often it was sent. */
	refusedAlone(key: string): void;
	/** The registrar asked for these writes. */
	writing(writes: readonly Write[]): void;
	granted(lease: LeaseId): void;
	/** About to be renewed. */
	renewing(lease: LeaseId): void;
	renewed(lease: LeaseId, ttlSeconds: number): void;
}

export interface SimulatedStoreOptions {
	readonly callTimeoutMs: number;
	readonly dialTimeoutMs: number;
}

const LOST: ReadonlySet<StoreErrorCode> = new Set(['unreachable', 'unavailable', 'timeout']);
/** Races that begin within so long dial together. */
const SHARED_MS = 250;

interface Request<T> {
	readonly call: Call;
	readonly what: string;
	readonly weight: () => number;
	readonly carryOut: () => T;
}

export class SimulatedStore implements Store {
	#sticky: Connection | null = null;
	/** The one that the running races tried first. */
	#dialling: Connection | null = null;
	#dialled: { readonly connection: Connection; readonly atMs: number } | null = null;
	/** How many races try a connection that has not won yet. */
	readonly #races = new Map<Connection, number>();
	#closed = false;
	readonly #streams = new Map<object, { readonly connection: Connection; readonly end: () => void }>();
	readonly #pending = new Set<(error: StoreError) => void>();

	constructor(
		private readonly owner: Owner,
		private readonly link: Link,
		private readonly server: SimulatedEtcd,
		readonly session: MemorySession,
		private readonly options: SimulatedStoreOptions,
		private readonly witness: CallWitness,
	) {}

	read(keys: readonly string[], signal?: AbortSignal): Promise<Reading> {
		const what = `${keys.length} keys from ${keys[0]}`;
		const race = new Race<Reading>({
			limitMs: this.options.dialTimeoutMs,
			dial: (first) => this.#toTry(first),
			ask: (connection) =>
				this.#request(connection, {
					...{ call: 'read', what, weight: () => keys.length / 100 },
					carryOut: () => this.session.read(keys),
				}),
			won: (connection) => this.#won(connection),
			failed: (connection) => this.#failed(connection),
			left: (connection) => this.#left(connection),
		});
		const reading = this.#open(signal) ?? unlessAborted(race.run(), signal).finally(() => race.end());
		return this.#noted(keys, reading);
	}

	async write(writes: readonly Write[], signal?: AbortSignal): Promise<boolean> {
		this.witness.writing(writes);
		const puts = writes.filter(({ op }) => op === 'put').length;
		const lease = writes.flatMap((write) => (write.op === 'put' ? [write.lease] : []))[0] ?? '0';
		const what = `${puts} puts, ${writes.length - puts} deletes from ${writes[0]?.key} under ${short(lease)}`;
		const weight = () => this.server.weightOf(lease, puts);
		const carryOut = () => this.session.write(writes);
		const keys = writes.map(({ key }) => key);
		return this.#noted(keys, this.#call({ call: 'write', what, weight, carryOut }, signal));
	}

	async #noted<T>(keys: readonly string[], answer: Promise<T>): Promise<T> {
		try {
			return await answer;
		} catch (error) {
			const [key = ''] = keys;
			if (keys.length === 1 && (error as StoreError).code === 'permission-denied')
				this.witness.refusedAlone(key);
			throw error;
		}
	}

	grant(lease: LeaseId, ttlSeconds: number, signal?: AbortSignal): Promise<number> {
		const carryOut = () => {
			const granted = this.session.grant(lease, ttlSeconds);
			this.witness.granted(lease);
			return granted;
		};
		return this.#call({ call: 'grant', what: short(lease), weight: () => 0, carryOut }, signal);
	}

	revoke(lease: LeaseId, signal?: AbortSignal): Promise<void> {
		const weight = () => this.server.weightOf(lease);
		const carryOut = () => this.session.revoke(lease);
		return this.#call({ call: 'revoke', what: short(lease), weight, carryOut }, signal);
	}

	timeToLive(lease: LeaseId, signal?: AbortSignal): Promise<LeaseTimeLeft | null> {
		const carryOut = () => this.session.timeToLive(lease);
		return this.#call({ call: 'timeToLive', what: short(lease), weight: () => 0, carryOut }, signal);
	}

	count(prefix: string, signal?: AbortSignal): Promise<number> {
		const carryOut = () => this.session.count(prefix);
		return this.#call({ call: 'count', what: prefix, weight: () => 0, carryOut }, signal);
	}

	async openKeepalive(listener: KeepaliveListener): Promise<KeepaliveStream> {
		const connection = await this.#carrierOpen();
		const ended = (error: StoreError | null) => {
			if (this.#end(stream)) listener.ended(error);
		};
		const renew = (lease: LeaseId) => {
			let answer: () => void;
			try {
				this.server.assertLeader();
				this.witness.renewing(lease);
				const ttl = this.witness.carriedOut('renew', short(lease), () => this.session.renew(lease));
				this.witness.renewed(lease, ttl);
				answer = () => this.#streams.has(stream) && listener.answered(lease, ttl);
			} catch (error) {
				answer = () => ended(error as StoreError);
			}
			this.link.down(connection, answer);
		};
		const request = (lease: LeaseId) => {
			if (!this.#streams.has(stream)) return;
			this.witness.called('renew', short(lease));
			this.#send(
				connection,
				() => this.server.weightOf(lease),
				() => renew(lease),
			);
		};
		const stream: KeepaliveStream = { request, close: () => void this.#end(stream) };
		this.#begin(stream, connection, ended);
		return stream;
	}

	async openWatch(groups: readonly (readonly string[])[], listener: WatchListener): Promise<WatchStream> {
		const connection = await this.#carrierOpen();
		this.witness.called('watch', `${groups.length} ranges`);
		let unwatch = () => {};
		const ended = (error: StoreError | null) => {
			if (this.#end(stream)) listener.ended(error);
		};
		const stream: WatchStream = { close: () => void this.#end(stream) };
		this.#begin(stream, connection, ended, () => unwatch());
		const heard = (tell: () => void) =>
			this.link.down(connection, () => void (this.#streams.has(stream) && tell()));
		this.#send(
			connection,
			() => groups.length / 100,
			() => {
				if (!this.#streams.has(stream)) return;
				const isWatched = this.session.watched(groups);
				unwatch = this.session.etcd.watch((key, change) => {
					if (isWatched(key)) heard(() => listener.changed(key, change));
				});
				heard(() => listener.opened());
			},
		);
		return stream;
	}

	endpoint(): string | null {
		return this.#sticky === null ? null : 'http://simulated:2379';
	}

	isCurrent(stream: KeepaliveStream | WatchStream): boolean {
		return this.#sticky !== null && this.#streams.get(stream)?.connection === this.#sticky;
	}

	close(): void {
		this.#closed = true;
		this.cut();
		for (const settle of [...this.#pending]) settle(new StoreError('aborted', 'the store is closed'));
	}

	/** The process was killed: nobody is told anything, and etcd hears of it by its connections. */
	cut(): void {
		for (const { end } of [...this.#streams.values()]) end();
		this.#streams.clear();
		this.#sticky = null;
		this.#dialling = null;
		for (const connection of this.link.connections)
			if (connection.owner === this.owner) this.link.connections.delete(connection);
	}

	/** Streams that are open now. */
	get openStreams(): number {
		return this.#streams.size;
	}

	#open(signal: AbortSignal | undefined): Promise<never> | null {
		if (!this.#closed && !signal?.aborted) return null;
		return Promise.reject(new StoreError('aborted', 'stopped'));
	}

	#call<T>(request: Request<T>, signal: AbortSignal | undefined): Promise<T> {
		const closed = this.#open(signal);
		if (closed !== null) return closed;
		const connection = this.#sticky ?? this.#dialling;
		if (connection === null) return Promise.reject(new StoreError('unreachable', 'no connection to etcd'));
		const answer = this.#request(connection, request).catch((error: StoreError) => {
			if (LOST.has(error.code)) this.#failed(connection);
			throw error;
		});
		return unlessAborted(answer, signal);
	}

	/** Settles within the call timeout from the moment at which the connection stands. */
	#request<T>(connection: Connection, { call, what, weight, carryOut }: Request<T>): Promise<T> {
		this.witness.called(call, what);
		return new Promise((resolve, reject) => {
			let deadline: ReturnType<typeof setTimeout> | undefined;
			const settle = (error: unknown, then: () => void) => {
				if (!this.#pending.delete(broken)) return;
				clearTimeout(deadline);
				connection.users.delete(broken);
				this.witness.answered(call, what, error);
				then();
			};
			const broken = (error: StoreError) => settle(error, () => reject(error));
			this.#pending.add(broken);
			connection.users.add(broken);
			if (connection.state === 'broken') return broken(new StoreError('unavailable', 'connection closed'));
			const late = () =>
				broken(new StoreError('timeout', `no answer within ${this.options.callTimeoutMs} ms`));
			const carriedOut = () => {
				let answer: () => void;
				try {
					this.server.assertLeader();
					const value = this.witness.carriedOut(call, what, carryOut);
					answer = () => settle(null, () => resolve(value));
				} catch (error) {
					answer = () => settle(error, () => reject(error));
				}
				this.link.down(connection, answer);
			};
			connection.whenOpen(() => {
				if (!this.#pending.has(broken)) return;
				deadline = setTimeout(late, this.options.callTimeoutMs);
				this.#send(connection, weight, carriedOut);
			});
		});
	}

	#send(connection: Connection, weight: () => number, carryOut: () => void): void {
		const gone = () => {};
		this.link.up(connection, () => this.server.serve(weight(), carryOut, gone));
	}

	/** For one race: the sticky connection first, then fresh ones, which races that begin together share. */
	#toTry(first: boolean): Connection {
		if (first && this.#sticky !== null) return this.#sticky;
		const nowMs = this.link.time.now();
		const shared = this.#dialled;
		const connection =
			shared !== null && this.#races.has(shared.connection) && nowMs - shared.atMs <= SHARED_MS
				? shared.connection
				: this.link.dial(this.owner, () => this.server.isUp);
		if (connection !== shared?.connection) this.#dialled = { connection, atMs: nowMs };
		this.#races.set(connection, (this.#races.get(connection) ?? 0) + 1);
		if (first) this.#dialling = connection;
		return connection;
	}

	#won(connection: Connection): void {
		if (this.#closed || connection === this.#sticky || !this.#races.has(connection)) return;
		this.#races.delete(connection);
		this.#sticky = connection;
	}

	#failed(connection: Connection): void {
		if (this.#sticky === connection) this.#sticky = null;
	}

	/**
	 * A race that is over tried it in vain: when no other tries it, it is given up, and whatever it still
	 * answers counts no more.
	 */
	#left(connection: Connection): void {
		const others = (this.#races.get(connection) ?? 1) - 1;
		if (others > 0) this.#races.set(connection, others);
		else this.#races.delete(connection);
		if (others <= 0 && this.#dialling === connection) this.#dialling = null;
	}

	/** The connection for a stream, once it stands. */
	#carrierOpen(): Promise<Connection> {
		const connection = this.#sticky ?? this.#dialling;
		if (this.#closed || connection === null)
			return Promise.reject(new StoreError('unreachable', 'no connection to etcd'));
		return new Promise((resolve, reject) => {
			const broken = (error: StoreError) => {
				this.#pending.delete(broken);
				connection.users.delete(broken);
				reject(error);
			};
			this.#pending.add(broken);
			connection.users.add(broken);
			if (connection.state === 'broken') return broken(new StoreError('unavailable', 'connection closed'));
			connection.whenOpen(() => {
				this.#pending.delete(broken);
				connection.users.delete(broken);
				resolve(connection);
			});
		});
	}

	#begin(stream: object, connection: Connection, ended: (error: StoreError) => void, over = () => {}): void {
		const end = () => {
			connection.users.delete(ended);
			over();
		};
		connection.users.add(ended);
		this.#streams.set(stream, { connection, end });
		// It broke between the two turns in which it was opened.
		if (connection.state === 'broken' || this.#closed)
			ended(new StoreError('unavailable', 'connection closed'));
	}

	#end(stream: object): boolean {
		this.#streams.get(stream)?.end();
		return this.#streams.delete(stream);
	}
}

/** A lease in few letters: the last digits of the process, the counter. */
export const short = (lease: LeaseId): string =>
	lease === '0' ? 'no lease' : `${((BigInt(lease) >> 16n) % 4096n).toString(16)}-${BigInt(lease) & 0xffffn}`;
