/**
 * One etcd3 client on one endpoint, made so that a fault ends: etcd3's own retries and circuit breaker are
 * off (with an expired token they deadlock it for ever, and turn a 1 s deadline into 3 s), every unary call
 * has a deadline, all services share one connection that no other client can touch (a dead connection kept
 * alive by a second user of grpc-js's common pool is never replaced). It connects once: a connection that
 * failed or broke is never made again, another client takes its place.
 */
import { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { checkServerIdentity, type PeerCertificate } from 'node:tls';
import {
	Channel,
	type ChannelCredentials,
	type ChannelOptions,
	connectivityState,
	credentials,
	InterceptingCall,
	type Interceptor,
	type StatusObject,
	status,
} from '@grpc/grpc-js';
import { Etcd3, type IOptions } from 'etcd3';
import { isTokenRejected } from '../errors.js';
import { targetOf } from './resolver.js';
import { Sockets } from './sockets.js';

export interface ClientOptions {
	/** `http://host:port` or `https://host:port`. */
	readonly endpoint: string;
	readonly tls: TlsContents | null;
	readonly callTimeoutMs: number;
	/** The auth token to send, asked at each call. */
	readonly token: () => string | null;
}

/** PEM bytes; `null` = the system's CAs, no client certificate. */
export interface TlsContents {
	readonly ca: Buffer | null;
	readonly cert: Buffer | null;
	readonly key: Buffer | null;
}

/** Pings below 5 s, or without a call, make etcd cut the connection (its grpc-keepalive-min-time). */
const CHANNEL: ChannelOptions = {
	'grpc.keepalive_time_ms': 10_000,
	'grpc.keepalive_timeout_ms': 3_000,
	'grpc.use_local_subchannel_pool': 1,
	'grpc.enable_http_proxy': 0,
};

/** The policy that does nothing: every call is made once, and who called decides about a second try. */
type Policy = NonNullable<NonNullable<IOptions['faultHandling']>['global']>;
const once = {
	execute: async (run: (context: { signal: AbortSignal }) => unknown) => run({ signal: never }),
} as unknown as Policy;
const never = new AbortController().signal;

export interface Client {
	/**
	 * Connects. Resolves when the connection stands or can't be made (then any call tells why), or the client
	 * was closed.
	 */
	connect(): Promise<void>;
	isConnected(): boolean;
	/** Resolves when the connection, which stands, broke or was closed. */
	broken(): Promise<void>;
	call<T>(make: (etcd: Etcd3) => Promise<T>): Promise<T>;
	/** Ends every call and the connection at once. Idempotent. */
	close(): void;
}

export function openClient(options: ClientOptions): Client {
	const calls = new Set<InterceptingCall>();
	const hostPort = options.endpoint.replace(/^https?:\/\//, '');
	const channel = new Channel(targetOf(hostPort), credentialsOf(options), CHANNEL);
	const interceptors = [interceptorOf(options.token, calls)];
	const lent = lentChannel(channel);
	const etcd = new Etcd3({
		hosts: hostPort,
		faultHandling: { global: once, host: () => once },
		defaultCallOptions: (call) =>
			call.isStream ? { interceptors } : { interceptors, deadline: Date.now() + options.callTimeoutMs },
		grpcOptions: { channelOverride: lent },
	});
	const sockets = new Sockets();
	const isConnected = () => channel.getConnectivityState(false) === connectivityState.READY;
	const stateLeft = (state: connectivityState) =>
		new Promise<void>((resolve) => channel.watchConnectivityState(state, Infinity, () => resolve()));
	return {
		connect: async () => {
			// Once: asked in this way when it is closed, a channel would begin again.
			sockets.own(() => channel.getConnectivityState(true));
			const { CONNECTING } = connectivityState;
			while (channel.getConnectivityState(false) === CONNECTING) await stateLeft(CONNECTING);
			sockets.connected();
		},
		isConnected,
		broken: async () => {
			if (isConnected()) await stateLeft(connectivityState.READY);
		},
		call: (make) => make(etcd),
		close: () => {
			// What waits for a connection that never came was not sent (errors.ts reads it so).
			const why = isConnected() ? 'connection closed' : 'No connection established';
			for (const call of calls) call.cancelWithStatus(status.CANCELLED, why);
			channel.close();
			etcd.close();
			sockets.destroy();
		},
	};
}

/**
 * The channel as etcd3 gets it: one that it can neither close (it does so after some errors, with keepalive
 * and watch on it) nor make dial (it asks a failed one for its state in a way that connects once more).
 */
function lentChannel(channel: Channel): Channel {
	const lent: Channel = Object.create(channel);
	lent.getConnectivityState = () => channel.getConnectivityState(false);
	lent.close = () => {};
	return lent;
}

function credentialsOf({ endpoint, tls }: ClientOptions): ChannelCredentials {
	if (!endpoint.startsWith('https:')) return credentials.createInsecure();
	const address = new URL(endpoint).hostname.replace(/^\[|\]$/g, '');
	const isAddress = isIP(address) !== 0;
	const verify = isAddress ? { checkServerIdentity: isCertifiedFor(address) } : undefined;
	const created = credentials.createSsl(tls?.ca ?? null, tls?.key ?? null, tls?.cert ?? null, verify);
	return isAddress ? withoutServerName(created) : created;
}

/**
 * Asks OpenSSL first: `tls.checkServerIdentity` of Node 22.23 treats an IPv6 address as a host name, and fails.
 */
const isCertifiedFor = (address: string) => (_host: string, certificate: PeerCertificate) =>
	new X509Certificate(certificate.raw).checkIP(address) === undefined
		? checkServerIdentity(address, certificate)
		: undefined;

/**
 * An address is no server name (RFC 6066): grpc-js hands it to TLS all the same, and from version 26 on Node
 * throws at it. The certificate is compared with the address in either case.
 */
function withoutServerName(created: ChannelCredentials): ChannelCredentials {
	const create = created._createSecureConnector.bind(created);
	created._createSecureConnector = (...args) => {
		const connector = create(...args) as ReturnType<typeof create> & {
			readonly connectionOptions: { servername?: string };
		};
		delete connector.connectionOptions.servername;
		return connector;
	};
	return created;
}

/**
 * Sends our token, and keeps every running call so that close() can end it (a closed channel lets calls run
 * on until their deadline).
 */
const interceptorOf =
	(token: () => string | null, calls: Set<InterceptingCall>): Interceptor =>
	(options, nextCall) => {
		const call = new InterceptingCall(nextCall(options), {
			start: (metadata, _listener, next) => {
				const value = token();
				if (value !== null && !options.method_definition.path.endsWith('/Authenticate'))
					metadata.set('token', value);
				next(metadata, {
					onReceiveStatus: (end, pass) => {
						calls.delete(call);
						pass(renamed(end));
					},
				});
			},
		});
		calls.add(call);
		return call;
	};

/**
 * Under its own name etcd3 would answer a rejected token by repeating the call with the same token for ever.
 */
const renamed = (end: StatusObject): StatusObject =>
	isTokenRejected(end.details)
		? { ...end, code: status.UNAUTHENTICATED, details: 'the auth token is no longer good' }
		: end;
