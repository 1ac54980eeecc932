/** Every error of ours has a `code` to match by; what lies under it is its `cause`. */

/** What went wrong in the store, by what one can do about it. */
export type StoreErrorCode =
	/** No connection could be made, and nothing was sent: try again, perhaps elsewhere. */
	| 'unreachable'
	/** The connection broke, or etcd cannot serve now; whether the call was carried out is not known. */
	| 'unavailable'
	/** The call's own deadline passed; whether it was carried out is not known. */
	| 'timeout'
	/** The lease that the call names is gone. */
	| 'lease-not-found'
	/** The user may not do this to at least one of the keys. */
	| 'permission-denied'
	/** Name or password wrong. */
	| 'authentication-failed'
	/**
	 * The token is no longer good: authenticate again (done by the adapter; seen outside it only when that did
	 * not help).
	 */
	| 'token-rejected'
	/** etcd is alive and refuses: out of space, too many requests. */
	| 'exhausted'
	/**
	 * More operations or bytes than this etcd, or gRPC, takes in one request or answer: try it in smaller
	 * parts.
	 */
	| 'too-large'
	/** Whatever answers there is not an etcd that can hold a registration; the message says what it is. */
	| 'not-etcd'
	/** etcd takes the request for wrong. A fault of ours. */
	| 'invalid'
	/** Stopped by our own signal. */
	| 'aborted';

export class StoreError extends Error {
	override readonly name = 'StoreError';
	constructor(
		readonly code: StoreErrorCode,
		message: string,
		options?: { cause?: unknown },
	) {
		super(message, options);
	}
}

/** Wrong configuration or options: all problems at once, one line each. Exit code 78. */
export class ConfigError extends Error {
	override readonly name = 'ConfigError';
	readonly code = 'config';
	constructor(readonly problems: readonly string[]) {
		super(
			problems.length === 1
				? String(problems[0])
				: `${problems.length} problems:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`,
		);
	}
}

/** Under `fail`, another live process holds a key that we never had. Exit code 75. */
export class ConflictError extends Error {
	override readonly name = 'ConflictError';
	readonly code = 'conflict';
	constructor(readonly key: string) {
		super(`another live process holds ${key}`);
	}
}

/** The registrar was stopped: while somebody waited for it, or before something was asked of it. */
export class StoppedError extends Error {
	override readonly name = 'StoppedError';
	readonly code = 'stopped';
	constructor() {
		super('the registrar was stopped');
	}
}

/** Somebody waits for a registration before `start()` was called. */
export class NotStartedError extends Error {
	override readonly name = 'NotStartedError';
	readonly code = 'not-started';
	constructor() {
		super('the registrar was not started: call start() first');
	}
}
