/** One raced read: who has not answered in time gets company by a fresh connection, the first answer wins. */
import { StoreError, type StoreErrorCode } from '../../src/core/errors.js';
import type { Connection } from './network.js';

export interface RaceOptions<T> {
	readonly limitMs: number;
	readonly dial: (first: boolean) => Connection;
	readonly ask: (connection: Connection) => Promise<T>;
	readonly won: (connection: Connection) => void;
	readonly failed: (connection: Connection) => void;
	/** Told of each connection that was tried and did not win. */
	readonly left: (connection: Connection) => void;
}

const PATIENCE_MS = 300;
const DIAL_EVERY_MS = 500;
/** Errors by which etcd shows that it is there. */
const ANSWERS: ReadonlySet<StoreErrorCode> = new Set([
	...(['permission-denied', 'authentication-failed', 'token-rejected'] as const),
	...(['lease-not-found', 'invalid', 'exhausted', 'too-large'] as const),
]);

export class Race<T> {
	readonly #running = new Set<Connection>();
	#started = 0;
	#over = false;
	#company: ReturnType<typeof setTimeout> | undefined;
	#limit: ReturnType<typeof setTimeout> | undefined;

	constructor(private readonly options: RaceOptions<T>) {}

	run(): Promise<T> {
		return new Promise((resolve, reject) => {
			const late = () => {
				this.end();
				reject(new StoreError('timeout', `no answer within ${this.options.limitMs} ms`));
			};
			this.#limit = setTimeout(late, this.options.limitMs);
			this.#next(resolve, reject);
		});
	}

	/** Idempotent; no timer is left. */
	end(): void {
		if (this.#over) return;
		this.#over = true;
		clearTimeout(this.#company);
		clearTimeout(this.#limit);
		for (const connection of this.#running) this.options.left(connection);
	}

	#won(connection: Connection): void {
		this.options.won(connection);
		this.#running.delete(connection);
		this.end();
	}

	#next(resolve: (value: T) => void, reject: (error: unknown) => void): void {
		const { dial, ask, failed } = this.options;
		const connection = dial(this.#started === 0);
		this.#started += 1;
		this.#running.add(connection);
		clearTimeout(this.#company);
		this.#company = setTimeout(
			() => this.#next(resolve, reject),
			this.#started === 1 ? PATIENCE_MS : DIAL_EVERY_MS,
		);
		const isAnswer = (error: unknown) => error instanceof StoreError && ANSWERS.has(error.code);
		ask(connection).then(
			(value) => {
				this.#won(connection);
				resolve(value);
			},
			(error: unknown) => {
				if (isAnswer(error)) {
					this.#won(connection);
					return reject(error);
				}
				failed(connection);
				if (this.#running.delete(connection) && !this.#over) this.options.left(connection);
				if (this.#over) return;
				// An old connection that fails says nothing about etcd: it is tried once more.
				if (this.#started < 2) return this.#next(resolve, reject);
				if (this.#running.size > 0) return;
				this.end();
				reject(error);
			},
		);
	}
}
