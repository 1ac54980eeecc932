/**
 * The auth tokens, one for each endpoint: fetched by a call of its own with its own deadline (etcd3's fetch
 * has none), kept until etcd rejects it, fetched anew at a bounded pace: etcd pays for each with a password
 * hash.
 */
import type { StoreError } from '../../../core/errors.js';
import type { Logger } from '../../../core/log/logger.js';
import type { Clock } from '../../../core/pace.js';
import type { SettingNames } from '../../../core/settings/options.js';
import { isAuthOff, toStoreError } from '../errors.js';
import { type Credentials, type CredentialsSource, readCredentials } from './credentials.js';

type Entry =
	| { readonly token: string | null; readonly atMs: number }
	| { readonly refused: StoreError; readonly credentials: Credentials; readonly atMs: number };

/** Makes the call, on whichever connection needs the token. */
type Authenticate = (request: {
	readonly name: string;
	readonly password: string;
}) => Promise<{ readonly token: string }>;

/**
 * A token that is rejected sooner than this after it was issued is not replaced at once: something else is
 * wrong.
 */
const YOUNG_MS = 1_000;

export class Tokens {
	readonly #entries = new Map<string, Entry>();
	#reportedOff = false;

	/**
	 * `retryMs`: how long a refused password, or "authentication is not enabled", stands before etcd is asked
	 * again.
	 */
	constructor(
		private readonly source: CredentialsSource | null,
		private readonly retryMs: number,
		private readonly clock: Clock,
		private readonly logger: Logger,
		private readonly names: SettingNames,
	) {}

	get hasCredentials(): boolean {
		return this.source !== null;
	}

	current(endpoint: string): string | null {
		const entry = this.#entries.get(endpoint);
		return entry && 'token' in entry ? entry.token : null;
	}

	/** Makes sure there is a token for the endpoint, if credentials were given and etcd wants one. */
	async ensure(endpoint: string, authenticate: Authenticate): Promise<void> {
		const entry = this.#entries.get(endpoint);
		const isFresh = entry !== undefined && this.clock.now() - entry.atMs < this.retryMs;
		if (this.source === null || (entry && 'token' in entry && (entry.token !== null || isFresh))) return;
		const credentials = readCredentials(this.source);
		if (entry && 'refused' in entry && isFresh && isSame(entry.credentials, credentials)) throw entry.refused;
		try {
			const { token } = await authenticate({ name: credentials.username, password: credentials.password });
			this.#entries.set(endpoint, { token, atMs: this.clock.now() });
			this.#reportedOff = false;
		} catch (error) {
			this.#failed(endpoint, credentials, error);
		}
	}

	/**
	 * Forgets the token that was just rejected; left out, the one there is. `false` = it was too young for
	 * another try now.
	 */
	reject(endpoint: string, token = this.current(endpoint)): boolean {
		const entry = this.#entries.get(endpoint);
		// Another call that had the same one was answered first.
		if (this.source !== null && token !== null && token !== this.current(endpoint)) return true;
		if (
			this.source === null ||
			(entry && 'token' in entry && entry.token !== null && this.clock.now() - entry.atMs < YOUNG_MS)
		)
			return false;
		this.#entries.delete(endpoint);
		return true;
	}

	#failed(endpoint: string, credentials: Credentials, error: unknown): void {
		if (isAuthOff(error)) {
			this.#entries.set(endpoint, { token: null, atMs: this.clock.now() });
			if (!this.#reportedOff)
				this.logger.warn(
					'etcd has authentication switched off: going on without the user name and password',
					{ endpoint },
				);
			this.#reportedOff = true;
			return;
		}
		const refused = toStoreError(error, this.names);
		if (refused.code === 'authentication-failed')
			this.#entries.set(endpoint, { refused, credentials, atMs: this.clock.now() });
		throw refused;
	}
}

const isSame = (one: Credentials, other: Credentials): boolean =>
	one.username === other.username && one.password === other.password;
