import {
	EtcdAuthenticationFailedError,
	EtcdInvalidAuthTokenError,
	EtcdLeaseInvalidError,
	EtcdPermissionDeniedError,
	GRPCDeadlineExceededError,
	GRPCFailedPreconditionError,
	GRPCGenericError,
	GRPCInvalidArgumentError,
	GRPCResourceExhastedError,
	GRPCUnavailableError,
	GRPCUnknownError,
} from 'etcd3';
import { expect, test } from 'vitest';
import {
	isAuthOff,
	isLeaseExists,
	isTokenRejected,
	toStoreError,
} from '../../../src/adapters/etcd/errors.js';
import { StoreError, type StoreErrorCode } from '../../../src/core/errors.js';
import { VARIABLE_NAMES } from '../../../src/core/settings/environment/variables.js';
import { OPTION_NAMES } from '../../../src/core/settings/options.js';

/** As a stream gives it: the raw error of gRPC with its code. */
const raw = (code: number, message: string): Error =>
	Object.assign(new Error(`${code} NAME: ${message}`), { code });

test.each<readonly [sentence: string, error: unknown, code: StoreErrorCode]>([
	['no connection', new GRPCUnavailableError('14 UNAVAILABLE: No connection established'), 'unreachable'],
	['no leader', new GRPCUnavailableError('14 UNAVAILABLE: etcdserver: no leader'), 'unavailable'],
	['a deadline', new GRPCDeadlineExceededError('4 DEADLINE_EXCEEDED: Deadline exceeded'), 'timeout'],
	['etcd asked for too long', new GRPCUnknownError('2 UNKNOWN: context deadline exceeded'), 'unavailable'],
	['a lease that is gone', new EtcdLeaseInvalidError('5'), 'lease-not-found'],
	[
		'a lease that is gone, in the words of gRPC',
		new GRPCGenericError('5 NOT_FOUND: etcdserver: requested lease not found'),
		'lease-not-found',
	],
	[
		'a permission',
		new EtcdPermissionDeniedError('7 PERMISSION_DENIED: etcdserver: permission denied'),
		'permission-denied',
	],
	['a permission, on a stream', raw(7, 'etcdserver: permission denied'), 'permission-denied'],
	[
		'a wrong password',
		new EtcdAuthenticationFailedError(
			'3 INVALID_ARGUMENT: etcdserver: authentication failed, invalid user ID or password',
		),
		'authentication-failed',
	],
	[
		'a token that expired',
		new EtcdInvalidAuthTokenError('16 UNAUTHENTICATED: etcdserver: invalid auth token'),
		'token-rejected',
	],
	['a token that expired, on a stream', raw(16, 'etcdserver: invalid auth token'), 'token-rejected'],
	[
		'users or roles changed since the token was issued',
		new GRPCInvalidArgumentError('3 INVALID_ARGUMENT: etcdserver: revision of auth store is old'),
		'token-rejected',
	],
	[
		'auth was switched on and we sent no token',
		new GRPCInvalidArgumentError('3 INVALID_ARGUMENT: etcdserver: user name is empty'),
		'token-rejected',
	],
	[
		'no space',
		new GRPCResourceExhastedError('8 RESOURCE_EXHAUSTED: etcdserver: mvcc: database space exceeded'),
		'exhausted',
	],
	[
		'too many requests',
		new GRPCResourceExhastedError('8 RESOURCE_EXHAUSTED: etcdserver: too many requests'),
		'exhausted',
	],
	[
		'too many requests, which 3.4 gives no number of its own',
		new GRPCUnknownError('2 UNKNOWN: etcdserver: too many requests'),
		'exhausted',
	],
	[
		'too many operations',
		new GRPCInvalidArgumentError('3 INVALID_ARGUMENT: etcdserver: too many operations in txn request'),
		'too-large',
	],
	[
		'a request over --max-request-bytes',
		new GRPCInvalidArgumentError('3 INVALID_ARGUMENT: etcdserver: request is too large'),
		'too-large',
	],
	[
		'a request over the server’s limit of gRPC',
		new GRPCResourceExhastedError('8 RESOURCE_EXHAUSTED: grpc: received message larger than max (9 vs. 8)'),
		'too-large',
	],
	[
		'an answer over our limit of gRPC',
		new GRPCResourceExhastedError('8 RESOURCE_EXHAUSTED: Received message larger than max (9 vs 8)'),
		'too-large',
	],
	[
		'a learner of 3.5',
		new GRPCUnavailableError('14 UNAVAILABLE: etcdserver: rpc not supported for learner'),
		'unavailable',
	],
	[
		'a learner of 3.6',
		new GRPCFailedPreconditionError('9 FAILED_PRECONDITION: etcdserver: rpc not supported for learner'),
		'unavailable',
	],
	['another service', raw(12, 'unknown service etcdserverpb.KV'), 'not-etcd'],
	['an HTTP 403 in front', raw(7, 'Received HTTP status code 403'), 'not-etcd'],
	['an HTTP 401 in front', raw(16, 'Received HTTP status code 401'), 'not-etcd'],
	['a proxy that reaches nobody', raw(14, 'Received HTTP status code 503'), 'unavailable'],
	['kine, asked for a lease', new GRPCUnknownError('2 UNKNOWN: lease revoke is not supported'), 'not-etcd'],
	['kine, asked to renew', raw(2, 'lease keep alive is not supported'), 'not-etcd'],
	[
		'kine, asked for a transaction',
		new GRPCInvalidArgumentError('3 INVALID_ARGUMENT: etcdserver: unsupported operations in txn request'),
		'not-etcd',
	],
	[
		'a lease that exists',
		new GRPCFailedPreconditionError('9 FAILED_PRECONDITION: etcdserver: lease already exists'),
		'invalid',
	],
	['cancelled by a closing connection', raw(1, 'connection closed'), 'unavailable'],
	[
		'an error of the operating system',
		Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }),
		'unavailable',
	],
	['something that is no error', 'oops', 'unavailable'],
])('%s', (_sentence, error, code) => {
	const translated = toStoreError(error, VARIABLE_NAMES);
	expect(translated).toBeInstanceOf(StoreError);
	expect(translated.code).toBe(code);
	expect(translated.cause).toBe(error);
	expect(translated.message).not.toMatch(/^\d+ [A-Z_]+: /);
});

test.each([
	[
		'a wrong password',
		new EtcdAuthenticationFailedError('3 INVALID_ARGUMENT: etcdserver: authentication failed, …'),
		'check ETCD_USERNAME and ETCD_PASSWORD',
	],
	[
		'a server without TLS',
		new GRPCUnavailableError('14 UNAVAILABLE: SSL routines: wrong version number'),
		'check ETCD_ENDPOINTS',
	],
])('%s: the sentence says what to check', (_sentence, error, text) => {
	expect(toStoreError(error, VARIABLE_NAMES).message).toContain(text);
});

test('an error that is a StoreError already stays what it is', () => {
	const error = new StoreError('timeout', 'no answer');
	expect(toStoreError(error, VARIABLE_NAMES)).toBe(error);
});

test('what is asked about by name is recognised, and nothing else', () => {
	expect(
		isAuthOff(
			new GRPCFailedPreconditionError('9 FAILED_PRECONDITION: etcdserver: authentication is not enabled'),
		),
	).toBe(true);
	expect(isAuthOff(new Error('9 FAILED_PRECONDITION: etcdserver: lease already exists'))).toBe(false);
	expect(isLeaseExists(new Error('9 FAILED_PRECONDITION: etcdserver: lease already exists'))).toBe(true);
	expect(isLeaseExists('lease already exists')).toBe(false);
	expect(isTokenRejected('etcdserver: permission denied')).toBe(false);
});

test('a library user reads the names of options', () => {
	const messageOf = (text: string) => toStoreError(new Error(text), OPTION_NAMES).message;
	expect(messageOf('unable to verify the first certificate')).toContain('check tls.caFile');
	expect(messageOf('key values mismatch')).toBe(
		'tls.keyFile is not the key of the certificate in tls.certFile',
	);
	expect(messageOf('authentication failed')).toContain('check auth.username and auth.password');
	for (const text of [
		'certificate required',
		'wrong version number',
		'ENOTFOUND',
		'Last error: Failed to connect',
	])
		expect(messageOf(text)).not.toContain('ETCD_');
});
