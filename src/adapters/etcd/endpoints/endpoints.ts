/**
 * Which connection carries the calls. Sticky: the one that answered a read last stays until it fails or
 * breaks. Where there is none, reads dial, and what they dial is kept here until one of them wins: a
 * connection that is still being made survives the read that began it, so that a slow link, or a pass that
 * was cut, does not begin again from nothing.
 */
import { StoreError } from '../../../core/errors.js';
import type { Logger } from '../../../core/log/logger.js';
import type { Clock } from '../../../core/pace.js';
import type { SettingNames } from '../../../core/settings/options.js';
import { Connection } from '../connection/connection.js';
import type { CredentialsSource } from '../connection/credentials.js';
import { type TlsPaths, TlsSource } from '../connection/tls-files.js';
import { Tokens } from '../connection/tokens.js';
import { toStoreError } from '../errors.js';
import { Clusters } from './clusters.js';
import type { Why } from './race.js';

export interface EtcdEndpointsOptions {
	/** `http://host:port` or `https://host:port`, at least one, all of one scheme. */
	readonly endpoints: readonly string[];
	readonly auth: CredentialsSource | null;
	readonly tls: TlsPaths | null;
	readonly callTimeoutMs: number;
	/** Connecting takes at most so long. */
	readonly dialTimeoutMs: number;
	/** How long a refused password stands before etcd is asked again. */
	readonly authRetryMs: number;
	/** What errors call the settings to mend. */
	readonly names: SettingNames;
}

/** A pass reads many chunks at once: those that dial within so long share the connection. */
const SHARED_MS = 250;
/**
 * So many are being made at once. At one each 500 ms the oldest has then had 8 s, and a lost SYN three more
 * tries.
 */
const MOST_DIALLED = 16;

export class EtcdEndpoints {
	readonly clusters: Clusters;
	/** All that are not closed, also what only a stream still holds. */
	readonly #open = new Set<Connection>();
	/** Neither failed nor won yet, the oldest first. */
	readonly #dialled = new Set<Connection>();
	readonly #tokens: Tokens;
	readonly #tls: TlsSource;
	#sticky: Connection | null = null;
	#dialledAtMs = Number.NEGATIVE_INFINITY;
	#turn = 0;
	#closed = false;

	constructor(
		readonly options: EtcdEndpointsOptions,
		private readonly clock: Clock,
		logger: Logger,
	) {
		this.#tokens = new Tokens(options.auth, options.authRetryMs, clock, logger, options.names);
		this.#tls = new TlsSource(options.tls);
		this.clusters = new Clusters(logger);
	}

	/**
	 * What one race tries next: the sticky connection (not at first when the certificate files changed), what
	 * is dialled already, then fresh ones, the endpoints in turn. `null` = nothing more for now.
	 */
	attempts(): (why: Why) => Connection | null {
		const tried = new Set<Connection>();
		const dialled = new Set<string>();
		const first = this.#tls.changed() ? null : this.#sticky;
		let passedBy = first === null ? this.#sticky : null;
		return (why) => {
			if (this.#closed) throw new StoreError('aborted', 'the store is closed');
			// The sticky one is given its time before anything else is tried.
			if (why === 'begin' && first !== null && tried.size > 0) return null;
			const sticky = this.#sticky === passedBy ? null : this.#sticky;
			const known = [sticky, ...this.#dialled].find((one) => one !== null && !tried.has(one));
			// Where another race has won meanwhile, its connection is tried already: that will do.
			const hasWinner = why === 'failed' && sticky !== null && sticky !== first;
			const connection = known ?? (hasWinner ? null : this.#fresh(why, first !== null, dialled));
			if (connection === null) return null;
			if (connection !== first) dialled.add(connection.endpoint);
			passedBy = connection === sticky ? null : passedBy;
			tried.add(connection);
			return connection;
		};
	}

	/**
	 * How long the connection that begins a race is given before it gets company: one on a slow link what it
	 * usually takes.
	 */
	patienceMs(shortestMs: number): number {
		const { callTimeoutMs } = this.options;
		return Math.max(shortestMs, Math.min((this.#sticky?.answerMs ?? 0) * 1.5, callTimeoutMs * 0.75));
	}

	/**
	 * The connection for a call that is not raced; before the first read was answered, the one that it tries
	 * first.
	 */
	carrier(): Connection {
		const [first] = this.#dialled;
		const connection = this.#sticky ?? first;
		if (connection === undefined) throw new StoreError('unreachable', 'no connection to etcd');
		return connection;
	}

	current(): Connection | null {
		return this.#sticky;
	}

	/** The connection answered: it stays, and what else was dialled is closed. */
	won(connection: Connection): void {
		if (this.#sticky !== connection && !this.#dialled.delete(connection)) return;
		const former = this.#sticky;
		this.#sticky = connection;
		this.#turn = this.options.endpoints.indexOf(connection.endpoint);
		const losers = [...this.#dialled];
		this.#dialled.clear();
		for (const loser of losers) loser.release();
		if (former !== connection) former?.release();
	}

	/** A call on the connection failed: the next read begins elsewhere. */
	failed(connection: Connection): void {
		if (this.#sticky === connection) this.#turn = (this.#turn + 1) % this.options.endpoints.length;
		this.#drop(connection);
	}

	close(): void {
		this.#closed = true;
		for (const connection of this.#open) connection.close();
		this.#open.clear();
		this.#sticky = null;
		this.#dialled.clear();
	}

	#drop(connection: Connection): void {
		const held = this.#sticky === connection || this.#dialled.has(connection);
		if (this.#sticky === connection) this.#sticky = null;
		this.#dialled.delete(connection);
		if (held) connection.release();
	}

	/**
	 * Company comes at a pace; after a failure only an endpoint that the race has not tried yet is worth a dial
	 * at once. Each endpoint in turn, those first on which fewer connections are being made.
	 */
	#fresh(why: Why, isCompanyOfSticky: boolean, tried: Set<string>): Connection | null {
		const isPaced = why !== 'failed' && (this.#dialled.size > 0 || tried.size > 0);
		if (isPaced && this.clock.now() - this.#dialledAtMs < SHARED_MS) return null;
		const { endpoints } = this.options;
		const from = this.#turn + (isCompanyOfSticky && this.#sticky !== null ? 1 : 0);
		const inTurn = endpoints.map((_, index) => endpoints[(from + index) % endpoints.length] ?? '');
		const open = why === 'failed' ? inTurn.filter((endpoint) => !tried.has(endpoint)) : inTurn;
		const dialled = [...this.#dialled].map(({ endpoint }) => endpoint);
		const times = (endpoint: string) => dialled.filter((other) => other === endpoint).length;
		const [next] = open.sort((one, other) => times(one) - times(other));
		if (next === undefined) return null;
		tried.add(next);
		return this.#dial(next);
	}

	#dial(endpoint: string): Connection {
		const { callTimeoutMs, dialTimeoutMs } = this.options;
		this.#dialledAtMs = this.clock.now();
		const tls = this.#tls.read();
		const connection = made(
			() => new Connection({ endpoint, tls, callTimeoutMs, dialTimeoutMs }, this.#tokens, this.options.names),
			this.options.names,
		);
		const oldest = [...this.#dialled].find(({ isConnected }) => !isConnected);
		if (this.#dialled.size >= MOST_DIALLED && oldest !== undefined) this.#drop(oldest);
		this.#dialled.add(connection);
		this.#open.add(connection);
		void connection.lost.then(() => {
			this.#drop(connection);
			this.#open.delete(connection);
		});
		return connection;
	}
}

/** Files that do not fit together, say: nothing was sent. */
function made(make: () => Connection, names: SettingNames): Connection {
	try {
		return make();
	} catch (error) {
		throw new StoreError('unreachable', toStoreError(error, names).message, { cause: error });
	}
}
