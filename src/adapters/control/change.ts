/** A request to pause or to resume, from its body to its answer. */
import { ConfigError } from '../../core/errors.js';
import type { Status } from '../../registrar/documents.js';

/** What is steered. */
export interface ControlledRegistrar {
	status(): Status;
	pause(options: ChangeOptions & { readonly reason?: string }): Promise<void>;
	resume(options: ChangeOptions): Promise<void>;
}

interface ChangeOptions {
	readonly name?: string;
	readonly signal: AbortSignal;
}

export interface ChangeAnswer {
	/**
	 * 200 confirmed by etcd; 400 cannot be meant; 409 undone meanwhile; 503 stopping; 504 not yet confirmed.
	 */
	readonly code: number;
	/** One sentence for people. */
	readonly message: string;
}

export interface ChangeContext {
	readonly subject: ControlledRegistrar;
	/** How long to wait for etcd where the request does not say. */
	readonly confirmMs: number;
	/** Aborts when the client is gone. */
	readonly left: AbortSignal;
	/** Called when the wait for etcd begins. */
	readonly waits: (limitMs: number) => void;
}

/** A day. */
const LONGEST_WAIT_MS = 86_400_000;

/** Never rejects for what the client sent. */
export async function carryOut(
	act: 'pause' | 'resume',
	body: string,
	{ subject, confirmMs, left, waits }: ChangeContext,
): Promise<ChangeAnswer> {
	const request = parse(body);
	if (request === null) return { code: 400, message: 'the request is no JSON object' };
	if (isStopping(subject)) return { code: 503, message: 'it is stopping, and takes everything out of etcd' };
	const { timeoutMs, ...options } = request;
	const limitMs = isWait(timeoutMs) ? timeoutMs : confirmMs;
	waits(limitMs);
	const cut = new AbortController();
	const timer = setTimeout(() => cut.abort(), limitMs);
	try {
		const signal = AbortSignal.any([cut.signal, left]);
		await subject[act]({ ...(options as { name?: string; reason?: string }), signal });
		return settled(act, subject, request.name);
	} catch (error) {
		if (error instanceof ConfigError) return { code: 400, message: error.problems.join('; ') };
		if (cut.signal.aborted || left.aborted) return late(act, subject.status(), limitMs);
		throw error;
	} finally {
		clearTimeout(timer);
	}
}

function parse(body: string): Readonly<Record<string, unknown>> | null {
	if (body === '') return {};
	try {
		const value: unknown = JSON.parse(body);
		return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : null;
	} catch {
		return null;
	}
}

const isWait = (value: unknown): value is number =>
	typeof value === 'number' && value > 0 && value <= LONGEST_WAIT_MS;

function isStopping(subject: ControlledRegistrar): boolean {
	const { state } = subject.status();
	return state === 'stopping' || state === 'stopped';
}

/** The wait is over also when a later request, or a stop, has made it pointless. */
function settled(act: 'pause' | 'resume', subject: ControlledRegistrar, name: unknown): ChangeAnswer {
	const { paused, keys, reason } = subject.status();
	if (isStopping(subject)) return { code: 503, message: 'it was told to stop meanwhile' };
	const names = name === undefined ? new Set(keys.map(({ service }) => service)) : new Set([name]);
	const isPaused = (service: unknown) => paused.some((pause) => pause.service === service);
	if ([...names].some((service) => isPaused(service) !== (act === 'pause')))
		return {
			code: 409,
			message: `another request has ${act === 'pause' ? 'resumed' : 'paused'} it meanwhile`,
		};
	const what = name === undefined ? 'nothing of this registrar' : `nothing of ${name}`;
	return act === 'pause'
		? { code: 200, message: `paused: ${what} is in etcd any more` }
		: { code: 200, message: `resumed: ${reason}` };
}

function late(act: 'pause' | 'resume', { reason, lastError }: Status, limitMs: number): ChangeAnswer {
	const within = `within ${limitMs / 1_000} s`;
	return act === 'pause'
		? {
				code: 504,
				message: `etcd did not confirm ${within}${lastError === null ? '' : ` (${lastError})`}: it is paused, and withdrawn as soon as etcd answers; else the keys go with their lease`,
			}
		: { code: 504, message: `it is resumed, but not registered ${within}: ${reason}` };
}
