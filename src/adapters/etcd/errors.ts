/**
 * etcd3's errors in our words. etcd3 drops `code` and `name` from what gRPC gave it, so a class or the number that leads the
 * message tells (FACTS: classify by instanceof and the leading number); streams still carry the raw `code`.
 */
import {
	EtcdAuthenticationFailedError,
	EtcdInvalidAuthTokenError,
	EtcdLeaseInvalidError,
	EtcdPermissionDeniedError,
	GRPCGenericError,
} from 'etcd3';
import { StoreError, type StoreErrorCode } from '../../core/errors.js';
import { type SettingNames, VARIABLE_NAMES } from '../../core/settings/names.js';

/** What etcd says when only a fresh token helps: expired, issued before a change of users or roles, or sent without one. */
const TOKEN_REJECTED = [
	'auth token is no longer good',
	'invalid auth token',
	'revision of auth store is old',
	'user name is empty',
];
/** grpc-js, when no connection of a channel could be made, or no address be found. */
const NOTHING_SENT = /No connection established|Name resolution failed/;
const AUTH_OFF = 'authentication is not enabled';
/** 3.4 gives it no number of its own. */
const TOO_MANY = 'too many requests';
const LEASE_EXISTS = 'lease already exists';

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
	[12, 'invalid'],
	[16, 'token-rejected'],
]);

/** `names`: what the sentence calls the settings to mend. */
export function toStoreError(error: unknown, names: SettingNames = VARIABLE_NAMES): StoreError {
	if (error instanceof StoreError) return error;
	const message = error instanceof Error ? error.message : String(error);
	return new StoreError(codeOf(error, message), plainSentence(message, names), { cause: error });
}

export const isTokenRejected = (message: string): boolean =>
	TOKEN_REJECTED.some((text) => message.includes(text));
export const isAuthOff = (error: unknown): boolean =>
	error instanceof Error && error.message.includes(AUTH_OFF);
export const isLeaseExists = (error: unknown): boolean =>
	error instanceof Error && error.message.includes(LEASE_EXISTS);

function codeOf(error: unknown, message: string): StoreErrorCode {
	if (isTokenRejected(message) || error instanceof EtcdInvalidAuthTokenError) return 'token-rejected';
	if (error instanceof EtcdLeaseInvalidError || message.includes('requested lease not found'))
		return 'lease-not-found';
	if (error instanceof EtcdPermissionDeniedError || message.includes('permission denied'))
		return 'permission-denied';
	if (error instanceof EtcdAuthenticationFailedError || message.includes('authentication failed'))
		return 'authentication-failed';
	if (message.includes(TOO_MANY)) return 'exhausted';
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
			`the server refused our TLS client certificate: check ${certFile} and ${keyFile}`,
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
	return message.replace(/^\d+ [A-Z_]+: /, '');
}
