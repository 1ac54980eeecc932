/** One read, raced over the endpoints: whichever connection answers first wins and stays. */
import type { Etcd3 } from 'etcd3';
import { StoreError, type StoreErrorCode } from '../../core/errors.js';
import type { Connection } from './connection.js';
import type { Endpoints } from './endpoints.js';
import { toStoreError } from './errors.js';
import { type Attempt, race } from './race.js';

/** RFC 8305 speaks of 250 ms between attempts; etcd answers within a few, and a slow link should not dial for nothing. */
const PATIENCE_MS = 300;
const DIAL_EVERY_MS = 500;

/** Errors by which etcd shows that it is there: another endpoint would say the same. */
const ANSWERS: ReadonlySet<StoreErrorCode> = new Set([
	'permission-denied',
	'authentication-failed',
	'token-rejected',
	'lease-not-found',
	'invalid',
	'exhausted',
]);

const isAnswer = (error: unknown): boolean => error instanceof StoreError && ANSWERS.has(error.code);

export interface RacedOptions {
	/** All attempts together take at most so long. */
	readonly limitMs: number;
	readonly signal?: AbortSignal | undefined;
}

export function raced<T>(
	endpoints: Endpoints,
	read: (etcd: Etcd3) => Promise<T>,
	{ limitMs, signal }: RacedOptions,
): Promise<T> {
	const attempts = endpoints.attempts();
	return race({
		start: () => attempt(endpoints, attempts.next, read),
		distinct: attempts.distinct,
		patienceMs: PATIENCE_MS,
		everyMs: DIAL_EVERY_MS,
		limitMs,
		isAnswer,
		signal,
	});
}

function attempt<T>(
	endpoints: Endpoints,
	dial: () => Connection,
	read: (etcd: Etcd3) => Promise<T>,
): Attempt<T> {
	let connection: Connection;
	try {
		connection = dial();
	} catch (error) {
		// Files that do not fit together, say: nothing was sent.
		const unmade = toStoreError(error, endpoints.names);
		const reason =
			unmade.code === 'unavailable'
				? new StoreError('unreachable', unmade.message, { cause: error })
				: unmade;
		return { answer: Promise.reject(reason), abandon: () => {} };
	}
	const answer = connection.call(read).then(
		(value) => {
			endpoints.won(connection);
			return value;
		},
		(error: unknown) => {
			if (isAnswer(error)) endpoints.won(connection);
			else endpoints.failed(connection);
			throw error;
		},
	);
	return { answer, abandon: () => endpoints.abandoned(connection) };
}
