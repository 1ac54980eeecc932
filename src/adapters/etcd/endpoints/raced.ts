/**
 * One read, raced over the endpoints: whichever connection answers first, as the known etcd, wins and stays.
 */
import type { Etcd3, IResponseHeader } from 'etcd3';
import { StoreError, type StoreErrorCode } from '../../../core/errors.js';
import type { Connection } from '../connection/connection.js';
import { isEtcdsOwn } from '../errors.js';
import type { EtcdEndpoints } from './endpoints.js';
import { type Attempt, race, SecondChoice } from './race.js';

/**
 * RFC 8305 speaks of 250 ms between attempts; etcd answers within a few, and a slow link should not dial for
 * nothing.
 */
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
	'too-large',
]);

const isAnswer = (error: unknown): boolean =>
	error instanceof StoreError && ANSWERS.has(error.code) && isEtcdsOwn(error);

/** Every answer of etcd has a header; by it etcd is told from others. */
export interface HeadedAnswer<T> {
	readonly header: IResponseHeader;
	readonly value: T;
}
type Read<T> = (etcd: Etcd3) => Promise<HeadedAnswer<T>>;

export function raced<T>(endpoints: EtcdEndpoints, read: Read<T>, signal?: AbortSignal): Promise<T> {
	const next = endpoints.attempts();
	const { callTimeoutMs, dialTimeoutMs } = endpoints.options;
	return race({
		next: (why) => {
			const connection = next(why);
			return connection && attempt(endpoints, connection, read);
		},
		patienceMs: endpoints.patienceMs(PATIENCE_MS),
		everyMs: DIAL_EVERY_MS,
		limitMs: dialTimeoutMs,
		secondChoiceMs: callTimeoutMs,
		isAnswer,
		signal,
	});
}

function attempt<T>(endpoints: EtcdEndpoints, connection: Connection, read: Read<T>): Attempt<T> {
	const { endpoint } = connection;
	const answer = async (): Promise<T> => {
		try {
			const { header, value } = await connection.call(read, { patient: true });
			if (!endpoints.clusters.isKnown(endpoint, header))
				throw new SecondChoice(() => {
					endpoints.clusters.adopt(endpoint, header);
					endpoints.won(connection);
					return value;
				});
			endpoints.won(connection);
			return value;
		} catch (error) {
			if (isAnswer(error)) endpoints.won(connection);
			else if (!(error instanceof SecondChoice)) endpoints.failed(connection);
			throw error;
		}
	};
	return { answer: answer(), ...(connection.isConnected ? {} : { connected: connection.connected }) };
}
