/**
 * One connection to one endpoint, counted: the store, a keepalive stream and a watch may each hold it, and it closes when the last
 * lets go. So a slow keepalive stream outlives the moment in which reads move elsewhere.
 */
import type { Etcd3 } from 'etcd3';
import { StoreError } from '../../core/errors.js';
import { type SettingNames, VARIABLE_NAMES } from '../../core/settings/names.js';
import { type Client, openClient, type TlsFiles } from './client.js';
import { toStoreError } from './errors.js';
import type { Tokens } from './tokens.js';

/** Over the deadline of the call itself: something that no deadline covers hangs. */
const GRACE_MS = 500;

export class Connection {
	readonly #client: Client;
	#holders = 1;
	#authenticating: Promise<void> | null = null;

	constructor(
		readonly endpoint: string,
		readonly tls: TlsFiles | null,
		private readonly callTimeoutMs: number,
		private readonly tokens: Tokens,
		readonly names: SettingNames = VARIABLE_NAMES,
	) {
		this.#client = openClient({ endpoint, tls, callTimeoutMs, token: () => tokens.current(endpoint) });
	}

	/** One call, authenticated first where needed, once more with a fresh token if the old one is no longer good. */
	async call<T>(make: (etcd: Etcd3) => Promise<T>): Promise<T> {
		await this.#authenticate();
		const token = this.tokens.current(this.endpoint);
		try {
			return await this.#bounded(this.#client.call(make));
		} catch (error) {
			if (!(error instanceof StoreError) || error.code !== 'token-rejected') throw error;
			if (this.tokens.credentials === null)
				throw new StoreError(
					'token-rejected',
					`etcd wants a user name and a password: set ${this.names.username} and ${this.names.password}`,
					{ cause: error },
				);
			if (!this.tokens.reject(this.endpoint, token)) throw error;
			await this.#authenticate();
			return await this.#bounded(this.#client.call(make));
		}
	}

	/** A stream of a client that nothing closes while it is held. */
	async stream<T>(open: (etcd: Etcd3) => Promise<T>): Promise<T> {
		await this.#authenticate();
		return this.#bounded(this.#client.call(open));
	}

	/** A stream was ended because of its token. */
	tokenRejected(): void {
		this.tokens.reject(this.endpoint);
	}

	hold(): void {
		this.#holders += 1;
	}

	/** Each holder calls this once. */
	release(): void {
		this.#holders -= 1;
		if (this.#holders === 0) this.#client.close();
	}

	/** Ends the connection whoever holds it. */
	close(): void {
		this.#client.close();
	}

	/** Calls that travel together wait for one token: etcd pays for each with a password hash. */
	#authenticate(): Promise<void> {
		this.#authenticating ??= this.#bounded(
			this.tokens.ensure(this.endpoint, (request) =>
				this.#client.call((etcd) => etcd.auth.authenticate(request)),
			),
		).finally(() => {
			this.#authenticating = null;
		});
		return this.#authenticating;
	}

	#bounded<T>(work: Promise<T>): Promise<T> {
		return new Promise((resolve, reject) => {
			const timer = setTimeout(
				() =>
					reject(
						new StoreError('timeout', `no answer from ${this.endpoint} within ${this.callTimeoutMs} ms`),
					),
				this.callTimeoutMs + GRACE_MS,
			);
			work.then(
				(value) => {
					clearTimeout(timer);
					resolve(value);
				},
				(error: unknown) => {
					clearTimeout(timer);
					reject(toStoreError(error, this.names));
				},
			);
		});
	}
}
