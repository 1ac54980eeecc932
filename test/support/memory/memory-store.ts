import { StoreError, type StoreErrorCode } from '../../../src/core/errors.js';
import type {
	KeepaliveListener,
	KeepaliveStream,
	LeaseTimeLeft,
	Reading,
	Store,
	WatchListener,
	WatchStream,
	Write,
} from '../../../src/registrar/ports.js';
import type { MemoryEtcd } from './memory-etcd.js';
import { type Limits, type Manner, MemorySession } from './memory-session.js';

export type Call =
	| 'read'
	| 'write'
	| 'grant'
	| 'revoke'
	| 'timeToLive'
	| 'count'
	| 'openKeepalive'
	| 'openWatch';

/**
 * What a call can come to:
 * - a `StoreErrorCode`: refused with it, not carried out
 * - `hang`: not carried out, no answer until the call's deadline or its signal
 * - `lost`: carried out, and the answer never comes
 */
export type Fault = StoreErrorCode | 'hang' | 'lost';

export interface MemoryStoreOptions {
	readonly callTimeoutMs?: number;
	readonly manner?: Manner;
	readonly limits?: Partial<Limits>;
}

interface Stream {
	readonly connection: number;
	silent: boolean;
	end(error: Error | null): void;
}

/**
 * One client of a `MemoryEtcd`, with every way in which a call, a stream or a permission can fail. Passes the
 * contract suite of `Store`.
 */
export class MemoryStore implements Store {
	/** How often each call was made. */
	readonly calls: Record<Call, number> = {
		read: 0,
		write: 0,
		grant: 0,
		revoke: 0,
		timeToLive: 0,
		count: 0,
		openKeepalive: 0,
		openWatch: 0,
	};
	/** Keys that etcd denies this client; `write` = it may read them. */
	readonly denied: Map<string, 'all' | 'write'>;
	/** While set, every call comes to it. */
	down: Fault | null = null;
	/**
	 * Called before a call is carried out: the moment at which others change things between a read and the
	 * write after it.
	 */
	before: (call: Call) => void = () => {};
	/** Called after it was carried out and before its answer comes. */
	after: (call: Call) => void = () => {};
	readonly #faults: { readonly call: Call; readonly fault: Fault }[] = [];
	readonly #streams = new Map<object, Stream>();
	readonly #callTimeoutMs: number;
	readonly #session: MemorySession;
	#connection = 0;
	#dialled = false;
	#stale = false;
	#closed = false;

	constructor(
		readonly etcd: MemoryEtcd,
		{ callTimeoutMs = 2_000, manner = '3.4', limits = {} }: MemoryStoreOptions = {},
	) {
		this.#callTimeoutMs = callTimeoutMs;
		this.#session = new MemorySession(etcd, manner, limits);
		this.denied = this.#session.denied;
	}

	/** The next calls of this kind come to these, one each. */
	fault(call: Call, ...faults: readonly Fault[]): void {
		for (const fault of faults) this.#faults.push({ call, fault });
	}

	/** The connection breaks: every stream ends, the next read makes another. */
	disconnect(): void {
		this.#stale = true;
		for (const stream of [...this.#streams.values()])
			stream.end(new StoreError('unavailable', 'connection reset'));
	}

	/**
	 * The connection falls silent: streams hear nothing any more and do not end, the next read makes another.
	 */
	freeze(): void {
		this.#stale = true;
		for (const stream of this.#streams.values()) stream.silent = true;
	}

	/** Streams that are open now. */
	get openStreams(): number {
		return this.#streams.size;
	}

	read(keys: readonly string[], signal?: AbortSignal): Promise<Reading> {
		this.#dialled = true;
		return this.#call('read', signal, () => {
			const reading = this.#session.read(keys);
			if (this.#stale || this.#connection === 0) this.#connection += 1;
			this.#stale = false;
			return reading;
		});
	}

	write(writes: readonly Write[], signal?: AbortSignal): Promise<boolean> {
		return this.#call('write', signal, () => this.#session.write(writes));
	}

	grant(lease: string, ttlSeconds: number, signal?: AbortSignal): Promise<number> {
		return this.#call('grant', signal, () => this.#session.grant(lease, ttlSeconds));
	}

	revoke(lease: string, signal?: AbortSignal): Promise<void> {
		return this.#call('revoke', signal, () => this.#session.revoke(lease));
	}

	timeToLive(lease: string, signal?: AbortSignal): Promise<LeaseTimeLeft | null> {
		return this.#call('timeToLive', signal, () => this.#session.timeToLive(lease));
	}

	count(prefix: string, signal?: AbortSignal): Promise<number> {
		return this.#call('count', signal, () => this.#session.count(prefix));
	}

	async openKeepalive(listener: KeepaliveListener): Promise<KeepaliveStream> {
		await this.#call('openKeepalive', undefined, () => undefined);
		const handle: KeepaliveStream = {
			request: (lease) => this.#renew(handle, lease, listener),
			close: () => this.#streams.delete(handle),
		};
		this.#open(handle, listener);
		return handle;
	}

	async openWatch(groups: readonly (readonly string[])[], listener: WatchListener): Promise<WatchStream> {
		await this.#call('openWatch', undefined, () => undefined);
		const isWatched = this.#session.watched(groups);
		const unwatch = this.etcd.watch((key, change) => {
			if (isWatched(key)) this.#tell(handle, () => listener.changed(key, change));
		});
		const handle: WatchStream = {
			close: () => {
				unwatch();
				this.#streams.delete(handle);
			},
		};
		this.#open(handle, listener, unwatch);
		this.#tell(handle, () => listener.opened());
		return handle;
	}

	endpoint(): string | null {
		return this.#connection === 0 || this.#stale ? null : 'http://memory:2379';
	}

	isCurrent(stream: KeepaliveStream | WatchStream): boolean {
		return !this.#stale && this.#streams.get(stream)?.connection === this.#connection;
	}

	close(): void {
		this.#closed = true;
		for (const stream of [...this.#streams.values()])
			stream.end(new StoreError('aborted', 'connection closed'));
	}

	#renew(handle: KeepaliveStream, lease: string, listener: KeepaliveListener): void {
		this.#tell(handle, () => {
			if (this.down !== null) return;
			try {
				listener.answered(lease, this.#session.renew(lease));
			} catch (error) {
				this.#streams.get(handle)?.end(error as StoreError);
			}
		});
	}

	#open(
		handle: KeepaliveStream | WatchStream,
		listener: { ended(error: Error | null): void },
		ended = () => {},
	): void {
		const end = (error: Error | null) => {
			ended();
			if (this.#streams.delete(handle)) listener.ended(error);
		};
		this.#streams.set(handle, { connection: this.#connection, silent: false, end });
	}

	/** Later, as everything that comes from a network, and only while the stream is open and heard. */
	#tell(handle: KeepaliveStream | WatchStream, tell: () => void): void {
		setImmediate(() => {
			const stream = this.#streams.get(handle);
			if (stream !== undefined && !stream.silent) tell();
		});
	}

	async #call<T>(call: Call, signal: AbortSignal | undefined, carryOut: () => T): Promise<T> {
		if (this.#closed || signal?.aborted) throw new StoreError('aborted', 'stopped');
		this.calls[call] += 1;
		if (!this.#dialled) throw new StoreError('unreachable', 'no connection to etcd');
		const at = this.#faults.findIndex((fault) => fault.call === call);
		const fault = this.#faults.splice(at, at < 0 ? 0 : 1)[0]?.fault ?? this.down;
		await new Promise((resolve) => setImmediate(resolve));
		if (fault !== null && fault !== 'hang' && fault !== 'lost') throw new StoreError(fault, fault);
		if (signal?.aborted) throw new StoreError('aborted', 'stopped');
		if (fault !== 'hang') this.before(call);
		const answer = fault === 'hang' ? undefined : carryOut();
		if (fault === null) this.after(call);
		if (fault === null) return answer as T;
		return this.#silence(signal);
	}

	#silence(signal: AbortSignal | undefined): Promise<never> {
		return new Promise((_, reject) => {
			const timer = setTimeout(
				() => reject(new StoreError('timeout', `no answer within ${this.#callTimeoutMs} ms`)),
				this.#callTimeoutMs,
			);
			signal?.addEventListener('abort', () => {
				clearTimeout(timer);
				reject(new StoreError('aborted', 'stopped'));
			});
		});
	}
}
