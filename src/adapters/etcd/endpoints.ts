/**
 * Which connection carries the calls. Sticky: the one that answered a read last stays until it fails; then the next endpoint's turn
 * comes (with only one endpoint: a fresh connection). A name is resolved anew by each fresh connection.
 */
import { StoreError } from '../../core/errors.js';
import { type SettingNames, VARIABLE_NAMES } from '../../core/settings/names.js';
import type { Clock, Logger } from '../../registrar/ports.js';
import { Connection } from './connection.js';
import { type TlsPaths, TlsSource } from './tls-files.js';
import { type Credentials, Tokens } from './tokens.js';

export interface EndpointsOptions {
	/** `http://host:port` or `https://host:port`, at least one, all of one scheme. */
	readonly endpoints: readonly string[];
	readonly auth: Credentials | null;
	readonly tls: TlsPaths | null;
	readonly callTimeoutMs: number;
	/** How long a refused password stands before etcd is asked again. */
	readonly authRetryMs: number;
	/** What errors call the settings to mend. @defaultValue the variables */
	readonly names?: SettingNames;
}

/** A pass reads many chunks at once: those that dial one endpoint within so long share the connection. Shorter than any one of them waits. */
const SHARED_MS = 250;

export class Endpoints {
	readonly #open = new Set<Connection>();
	/** By endpoint, the last one dialled. */
	readonly #dialled = new Map<number, { readonly connection: Connection; readonly atMs: number }>();
	/** How many races try a connection that has not won yet. */
	readonly #races = new Map<Connection, number>();
	readonly #tokens: Tokens;
	readonly #tls: TlsSource;
	#sticky: Connection | null = null;
	#dialling: Connection | null = null;
	#turn = 0;
	#closed = false;

	constructor(
		private readonly options: EndpointsOptions,
		private readonly clock: Clock,
		logger: Logger,
	) {
		this.#tokens = new Tokens(options.auth, options.authRetryMs, clock, logger, this.names);
		this.#tls = new TlsSource(options.tls);
	}

	get names(): SettingNames {
		return this.options.names ?? VARIABLE_NAMES;
	}

	/**
	 * The connections that one race tries: first the sticky one (a fresh one first, when the certificate files changed), then the
	 * endpoints in turn, and before them the one by which another race has won meanwhile.
	 */
	attempts(): { readonly distinct: number; next(): Connection } {
		let known = this.#sticky;
		const sticky = this.#tls.changed() ? null : this.#sticky;
		const count = this.options.endpoints.length;
		let turn = sticky === null ? this.#turn : this.#turn + 1;
		let first = true;
		return {
			// An old connection that fails says nothing about its endpoint, which is therefore tried once more, last.
			distinct: sticky === null ? count : count + 1,
			next: () => {
				const found = this.#sticky === known ? null : this.#sticky;
				known = this.#sticky;
				const connection = found ?? (first && sticky !== null ? sticky : this.#dial(turn++ % count));
				if (first) this.#dialling = connection;
				first = false;
				return connection;
			},
		};
	}

	/** The connection for a call that is not raced; before the first read was answered, the one that it tries first. */
	carrier(): Connection {
		const connection = this.#sticky ?? this.#dialling;
		if (connection === null) throw new StoreError('unreachable', 'no connection to etcd');
		return connection;
	}

	current(): Connection | null {
		return this.#sticky;
	}

	/** The connection answered: it stays. */
	won(connection: Connection): void {
		if (this.#closed || this.#sticky === connection || !this.#open.has(connection)) return;
		const former = this.#sticky;
		this.#sticky = connection;
		this.#races.delete(connection);
		this.#turn = this.options.endpoints.indexOf(connection.endpoint);
		if (former !== null) this.#drop(former);
	}

	/** The connection lost a race or failed in it. The sticky one stays sticky unless another has won. */
	abandoned(connection: Connection): void {
		if (this.#sticky === connection) return;
		const others = (this.#races.get(connection) ?? 1) - 1;
		if (others > 0) this.#races.set(connection, others);
		else this.#drop(connection);
	}

	/** A call on the connection failed: the next read begins elsewhere. */
	failed(connection: Connection): void {
		if (this.#sticky !== connection) return;
		this.#sticky = null;
		this.#turn += 1;
		this.#drop(connection);
	}

	close(): void {
		this.#closed = true;
		this.#sticky = this.#dialling = null;
		for (const connection of this.#open) connection.close();
		this.#open.clear();
		this.#races.clear();
	}

	#dial(index: number): Connection {
		if (this.#closed) throw new StoreError('aborted', 'the store is closed');
		const shared = this.#shared(index);
		if (shared !== null) return shared;
		const endpoint = this.options.endpoints[index] ?? '';
		const connection = new Connection(
			endpoint,
			this.#tls.read(),
			this.options.callTimeoutMs,
			this.#tokens,
			this.names,
		);
		this.#open.add(connection);
		this.#races.set(connection, 1);
		this.#dialled.set(index, { connection, atMs: this.clock.now() });
		return connection;
	}

	#shared(index: number): Connection | null {
		const { connection, atMs } = this.#dialled.get(index) ?? { connection: null, atMs: 0 };
		if (
			connection === null ||
			!this.#races.has(connection) ||
			this.clock.now() - atMs > SHARED_MS ||
			this.#tls.changed()
		)
			return null;
		this.#races.set(connection, (this.#races.get(connection) ?? 0) + 1);
		return connection;
	}

	#drop(connection: Connection): void {
		if (!this.#open.delete(connection)) return;
		this.#races.delete(connection);
		if (this.#dialling === connection) this.#dialling = null;
		connection.release();
	}
}
