/**
 * One watch stream for any number of prefixes, as hints: it tells that something changed, never what. It is
 * opened by whoever has just read (on the connection that answered), and anew when it has ended, runs
 * elsewhere, or watches what nobody asks for any more.
 */
import type { IWatchResponse } from 'etcd3';
import type { Clock } from '../../core/pace.js';
import type { ChangeHint } from '../../discovery/ports.js';
import type { Connection } from './connection/connection.js';
import { outside } from './connection/sockets.js';
import { prefixRange } from './messages.js';
import { endOnce } from './streams.js';

/** A stream that lived so long ended by an event of its own; sooner, it may be that none can live here. */
const SHORT_MS = 10_000;
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 30_000;

interface Stream {
	readonly connection: Connection;
	/** Adds a prefix to what it watches. */
	watch(prefix: string): void;
	close(): void;
}

export class PrefixWatch {
	readonly #hints = new Map<string, Set<ChangeHint>>();
	#stream: Stream | null = null;
	#opening = false;
	/** It watches what nobody asks for, or etcd has refused a part of it. */
	#renew = false;
	#openedMs = 0;
	#shortLives = 0;
	#notBeforeMs = Number.NEGATIVE_INFINITY;
	#timer: NodeJS.Timeout | undefined;
	#closed = false;

	constructor(private readonly clock: Clock) {}

	/** Returns a function that takes it off. */
	add(prefix: string, hint: ChangeHint): () => void {
		const hints = this.#hints.get(prefix) ?? new Set();
		if (hints.size === 0) this.#stream?.watch(prefix);
		this.#hints.set(prefix, hints.add(hint));
		return () => {
			hints.delete(hint);
			if (hints.size > 0 || this.#hints.get(prefix) !== hints) return;
			this.#hints.delete(prefix);
			this.#renew = true;
		};
	}

	/** This connection has just answered: the watch runs on it from now on. */
	async runOn(connection: Connection): Promise<void> {
		if (this.#closed || this.#opening || this.#hints.size === 0) return;
		const isRight = this.#stream?.connection === connection;
		if (isRight && !this.#renew) return;
		if ((isRight || this.#stream === null) && this.clock.now() < this.#notBeforeMs) return;
		this.#opening = true;
		this.#renew = false;
		this.#stream?.close();
		this.#stream = null;
		this.#openedMs = this.clock.now();
		// A renewed stream waits before it is renewed once more.
		this.#notBeforeMs = this.#openedMs + FIRST_WAIT_MS;
		try {
			await this.#open(connection);
		} catch {
			this.#ended();
		} finally {
			this.#opening = false;
		}
	}

	/** Idempotent. */
	close(): void {
		this.#closed = true;
		clearTimeout(this.#timer);
		this.#stream?.close();
		this.#stream = null;
		this.#hints.clear();
	}

	/** It is in use before anything else can happen: what ends at once, or is added at once, is not missed. */
	async #open(connection: Connection): Promise<void> {
		connection.hold();
		let pending = 0;
		try {
			const stream = await connection.stream((etcd) => etcd.watchClient.watch());
			const end = endOnce(connection, stream, {
				ended: () => {
					this.#stream = null;
					this.#ended();
				},
			});
			const answered = outside((message: IWatchResponse) => {
				if (end.isOver()) return;
				if (message.created) pending -= 1;
				// Denied, say: the poll still sees it, or tells of it.
				if (message.canceled) this.#renew = true;
				if (message.created && pending === 0) this.#tell(() => true, message.header.revision);
				if (message.events.length > 0)
					this.#tell(
						(prefix) => message.events.some(({ kv }) => startsWith(kv.key, prefix)),
						message.header.revision,
					);
			});
			stream.on('data', answered);
			const watch = (prefix: string) => {
				if (end.isOver()) return;
				pending += 1;
				const { key, range_end } = prefixRange(prefix);
				stream.write({ create_request: { key, ...(range_end === undefined ? {} : { range_end }) } });
			};
			if (this.#closed) return void end.close();
			this.#stream = { connection, watch, close: end.close };
			for (const prefix of this.#hints.keys()) watch(prefix);
		} catch (error) {
			connection.release();
			throw error;
		}
	}

	#ended(): void {
		const now = this.clock.now();
		this.#shortLives = now - this.#openedMs < SHORT_MS ? this.#shortLives + 1 : 0;
		// The first early end may be a restart; a stream that never lives long is not tried at each hint.
		const waitMs = this.#shortLives < 2 ? 0 : FIRST_WAIT_MS * 2 ** (this.#shortLives - 2);
		this.#notBeforeMs = now + Math.min(waitMs, LONGEST_WAIT_MS);
		if (this.#closed) return;
		// Whoever reads next opens it again.
		clearTimeout(this.#timer);
		this.#timer = setTimeout(() => this.#tell(() => true, null), Math.min(waitMs, LONGEST_WAIT_MS));
	}

	#tell(concerns: (prefix: string) => boolean, revision: string | null): void {
		for (const [prefix, hints] of [...this.#hints])
			if (concerns(prefix)) for (const hint of [...hints]) hint(revision);
	}
}

function startsWith(key: Buffer, prefix: string): boolean {
	return key.subarray(0, Buffer.byteLength(prefix)).equals(Buffer.from(prefix));
}
