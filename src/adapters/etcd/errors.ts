/**
 * etcd3's errors in our words. etcd3 drops `code` and `name` from what gRPC gave it, so a class or the number
 * that leads the message tells (FACTS: classify by instanceof and the leading number); streams still carry
 * the raw `code`.
 */
import {
	EtcdAuthenticationFailedError,
	EtcdInvalidAuthTokenError,
	EtcdLeaseInvalidError,
	GRPCGenericError,
} from 'etcd3';
import { StoreError, type StoreErrorCode } from '../../core/errors.js';
import type { SettingNames } from '../../core/settings/options.js';

/**
 * What etcd says when only a fresh token helps: expired, issued before a change of users or roles, or sent
 * without one.
 */
const TOKEN_REJECTED = [
	'auth token is no longer good',
	'etcdserver: invalid auth token',
	'etcdserver: revision of auth store is old',
	'etcdserver: user name is empty',
];
/** grpc-js, when no connection of a channel could be made, or no address be found. */
const NOTHING_SENT = /No connection established|Name resolution failed/;
const AUTH_OFF = 'authentication is not enabled';
/** 3.4 gives it no number of its own. */
const TOO_MANY = 'too many requests';
const LEASE_EXISTS = 'lease already exists';
/** --max-txn-ops, --max-request-bytes, and gRPC's own limit for one message, in either direction. */
const TOO_LARGE = /too many operations|request is too large|message larger than max/i;
/** A member that does not vote yet answers only part of the reads: 14 up to 3.5, 9 from 3.6. */
const LEARNER = 'not supported for learner';
/** kine (k3s): the transactions and lease calls that Kubernetes does not need. */
const IMITATION =
	/(?:lease [a-z ]+|lease) is not supported|unsupported operations in txn request|unsupported transaction/;
/**
 * grpc-js, where no gRPC server answers. 502 to 504 say that what is behind the proxy does not answer now.
 */
const HTTP_STATUS = /Received HTTP status code (\d+)/;

/** gRPC's numbers (google.rpc.Code) that are not simply "try again". */
const BY_NUMBER = new Map<number, StoreErrorCode>([
	[3, 'invalid'],
	[4, 'timeout'],
	[5, 'invalid'],
	[6, 'invalid'],
	[7, 'permission-denied'],
	[8, 'exhausted'],
	[9, 'invalid'],
	[11, 'invalid'],
	[12, 'not-etcd'],
	[16, 'token-rejected'],
]);

/** `names`: what the sentence calls the settings to mend. */
export function toStoreError(error: unknown, names: SettingNames): StoreError {
	if (error instanceof StoreError) return error;
	const message = error instanceof Error ? error.message : String(error);
	return new StoreError(codeOf(error, message), plainSentence(message, names), { cause: error });
}

export const isTokenRejected = (message: string): boolean =>
	TOKEN_REJECTED.some((text) => message.includes(text));
export const isAuthOff = (error: unknown): boolean =>
	error instanceof Error && error.message.includes(AUTH_OFF);
/** Whether etcd itself said so: no other server uses these words. */
export const isEtcdsOwn = ({ code, cause }: StoreError): boolean =>
	code === 'token-rejected' ||
	code === 'too-large' ||
	(cause instanceof Error && cause.message.includes('etcdserver: '));
export const isTooLarge = (error: unknown): boolean =>
	error instanceof Error && TOO_LARGE.test(error.message);
export const isLeaseExists = (error: unknown): boolean =>
	error instanceof Error && error.message.includes(LEASE_EXISTS);

function codeOf(error: unknown, message: string): StoreErrorCode {
	const http = Number(HTTP_STATUS.exec(message)?.[1] ?? 0);
	if (http > 0) return http >= 500 ? 'unavailable' : 'not-etcd';
	if (IMITATION.test(message)) return 'not-etcd';
	if (isTokenRejected(message) || error instanceof EtcdInvalidAuthTokenError) return 'token-rejected';
	if (error instanceof EtcdLeaseInvalidError || message.includes('requested lease not found'))
		return 'lease-not-found';
	if (message.includes('etcdserver: permission denied')) return 'permission-denied';
	if (error instanceof EtcdAuthenticationFailedError || message.includes('authentication failed'))
		return 'authentication-failed';
	if (TOO_LARGE.test(message)) return 'too-large';
	if (message.includes(TOO_MANY)) return 'exhausted';
	if (message.includes(LEARNER)) return 'unavailable';
	if (NOTHING_SENT.test(message)) return 'unreachable';
	const number = numberOf(error, message);
	return (number !== null && BY_NUMBER.get(number)) || 'unavailable';
}

function numberOf(error: unknown, message: string): number | null {
	if (error instanceof Error && 'code' in error && typeof error.code === 'number') return error.code;
	const leading = /^(\d+) /.exec(message);
	if (leading) return Number(leading[1]);
	return error instanceof GRPCGenericError ? 2 : null;
}

/** TLS faults all read UNAVAILABLE: one sentence each that tells them apart and names what to mend. */
const SENTENCES: readonly (readonly [RegExp, string | ((names: SettingNames) => string)])[] = [
	[/CERT_HAS_EXPIRED|certificate has expired/i, "the server's TLS certificate has expired"],
	[
		/CERT_NOT_YET_VALID|certificate is not yet valid/i,
		"the server's TLS certificate is not valid yet: check the clocks",
	],
	[
		/ALTNAME_INVALID|does not match certificate/i,
		({ endpoints }) => `the server's TLS certificate is not for the name in ${endpoints}`,
	],
	[
		/unable to verify|self.signed certificate|unable to get (local )?issuer/i,
		({ caFile }) => `the server's TLS certificate is not signed by a trusted CA: check ${caFile}`,
	],
	[
		/alert (bad certificate|certificate required|unknown ca|certificate expired)|alert number (42|45|46|48|116)/i,
		({ certFile, keyFile }) =>
			`the server refused the TLS client certificate of this process: check ${certFile} and ${keyFile}`,
	],
	[
		/before secure TLS connection|wrong version number|packet length too long/i,
		({ endpoints }) => `https was asked for, but the server does not speak TLS: check ${endpoints}`,
	],
	[
		/key values mismatch/i,
		({ keyFile, certFile }) => `${keyFile} is not the key of the certificate in ${certFile}`,
	],
	[
		/PEM routines|no start line|asn1 encoding|bad base64/i,
		({ certFile, keyFile }) => `${certFile} or ${keyFile} holds no PEM certificate or key`,
	],
	[
		/Last error: Failed to connect/,
		({ endpoints }) =>
			`the server took the connection and closed it: where it speaks TLS, ${endpoints} needs https`,
	],
	[
		/authentication failed/,
		({ username, password }) =>
			`etcd refuses the user name or the password: check ${username} and ${password}`,
	],
	[/DNS does not answer/, ({ endpoints }) => `DNS does not answer for the name in ${endpoints}`],
	[
		/ENOTFOUND|EAI_AGAIN|Name resolution failed/i,
		({ endpoints }) => `the name in ${endpoints} cannot be resolved`,
	],
	[/ECONNREFUSED/, 'connection refused'],
	[/ECONNRESET/, 'connection reset'],
];

function plainSentence(message: string, names: SettingNames): string {
	const sentence = SENTENCES.find(([pattern]) => pattern.test(message))?.[1];
	if (sentence !== undefined) return typeof sentence === 'string' ? sentence : sentence(names);
	const words = message.replace(/^\d+ [A-Z_]+: /, '');
	const http = HTTP_STATUS.exec(message)?.[1];
	if (http !== undefined)
		return `an HTTP server or proxy answers with status ${http}: give the address of etcd itself`;
	if (message.includes(LEARNER))
		return 'this member is a learner, which answers once it was promoted: configure voting members';
	if (IMITATION.test(message))
		return `it has not the leases and transactions of one, as kine (k3s) has not (${words}): use a real etcd`;
	if (/^12 |UNIMPLEMENTED|unknown service/.test(message))
		return `another gRPC service answers (${words}): correct the endpoint`;
	return words;
}
