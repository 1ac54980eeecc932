/**
 * One connection to one endpoint, counted: the store, a keepalive stream and a watch may each hold it, and it
 * closes when the last lets go. So a slow keepalive stream outlives the moment in which reads move elsewhere.
 * It begins to connect when it is made; calls wait until it stands, and only then does their deadline begin.
 */
import type { Etcd3 } from 'etcd3';
import { StoreError } from '../../../core/errors.js';
import type { SettingNames } from '../../../core/settings/options.js';
import { toStoreError } from '../errors.js';
import { type Client, openClient, type TlsContents } from './client.js';
import type { Tokens } from './tokens.js';

export interface ConnectionOptions {
	readonly endpoint: string;
	readonly tls: TlsContents | null;
	readonly callTimeoutMs: number;
	/** Connecting takes at most so long. */
	readonly dialTimeoutMs: number;
}

/** Over the deadline of the call itself: something that no deadline covers hangs. */
const GRACE_MS = 500;

export class Connection {
	readonly endpoint: string;
	/** Resolves when it is connected; rejects with the reason when it can't be, or not in time. */
	readonly connected: Promise<void>;
	/** Resolves when it could not be made, or broke after it stood: no further call can succeed. */
	readonly lost: Promise<void>;
	/** How long the last call took, in milliseconds. */
	answerMs = 0;
	readonly #client: Client;
	#holders = 1;
	#closed = false;
	#authenticating: Promise<void> | null = null;

	constructor(
		private readonly options: ConnectionOptions,
		private readonly tokens: Tokens,
		readonly names: SettingNames,
	) {
		this.endpoint = options.endpoint;
		this.#client = openClient({ ...options, token: () => tokens.current(this.endpoint) });
		this.connected = this.#connect();
		this.lost = this.connected.then(
			() => this.#client.broken(),
			() => undefined,
		);
	}

	get isConnected(): boolean {
		return this.#client.isConnected();
	}

	/**
	 * One call, authenticated first where needed, once more with a fresh token if the old one is no longer
	 * good. It waits for the connection `patient`ly, or no longer than a call may take.
	 */
	async call<T>(make: (etcd: Etcd3) => Promise<T>, { patient = false } = {}): Promise<T> {
		await (patient || this.isConnected ? this.connected : this.#connectedSoon());
		await this.#authenticate();
		const token = this.tokens.current(this.endpoint);
		const beganMs = performance.now();
		try {
			const answer = await this.#bounded(this.#client.call(make));
			this.answerMs = performance.now() - beganMs;
			return answer;
		} catch (error) {
			if (!(error instanceof StoreError) || error.code !== 'token-rejected') throw error;
			if (!this.tokens.hasCredentials)
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
		await (this.isConnected ? this.connected : this.#connectedSoon());
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
		if (this.#holders === 0) this.close();
	}

	/** Ends the connection whoever holds it. */
	close(): void {
		this.#closed = true;
		this.#client.close();
	}

	async #connect(): Promise<void> {
		await this.#within(this.options.dialTimeoutMs, this.#client.connect());
		if (this.#closed) throw new StoreError('unreachable', `the connection to ${this.endpoint} was given up`);
		// Why it can't be made is told only to calls.
		if (!this.isConnected)
			await this.#client
				.call((etcd) => etcd.maintenance.status())
				.catch((error: unknown) => {
					throw this.#reason(error);
				});
	}

	#connectedSoon(): Promise<void> {
		return this.#within(this.options.callTimeoutMs, this.connected);
	}

	/** The connecting, or the error that nothing was sent. */
	#within(limitMs: number, connecting: Promise<void>): Promise<void> {
		let timer: NodeJS.Timeout | undefined;
		const late = new Promise<never>((_, reject) => {
			const message = `no connection to ${this.endpoint} within ${limitMs} ms`;
			timer = setTimeout(() => reject(new StoreError('unreachable', message)), limitMs);
		});
		return Promise.race([connecting, late]).finally(() => clearTimeout(timer));
	}

	#reason(raw: unknown): StoreError {
		const error = toStoreError(raw, this.names);
		if (error.code !== 'not-etcd') return error;
		return new StoreError('not-etcd', `${this.endpoint} is not an etcd: ${error.message}`, {
			cause: error.cause,
		});
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
		const { callTimeoutMs } = this.options;
		return new Promise((resolve, reject) => {
			const timer = setTimeout(
				() => reject(new StoreError('timeout', `no answer from ${this.endpoint} within ${callTimeoutMs} ms`)),
				callTimeoutMs + GRACE_MS,
			);
			work.then(
				(value) => {
					clearTimeout(timer);
					resolve(value);
				},
				(error: unknown) => {
					clearTimeout(timer);
					reject(this.#reason(error));
				},
			);
		});
	}
}
