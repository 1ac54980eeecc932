/**
 * What a health check asks, as one union: `tcp://h:p`, `http(s)://…`, `grpc://h:p[/service]`, `exec:command`.
 */
import { type Address, parseTarget } from '../../address.js';
import { type Mistake, type Parsed, withoutUserinfo } from './kinds.js';
import type { MinHealthy } from './service-values.js';

export type CheckTarget =
	| { readonly kind: 'tcp'; readonly host: string; readonly port: number }
	| { readonly kind: 'http'; readonly url: string }
	| { readonly kind: 'grpc'; readonly host: string; readonly port: number; readonly service: string }
	| { readonly kind: 'exec'; readonly command: string }
	/**
	 * The service's own port, on this host: `port`, and under `run -- command` where no check is given. See
	 * {@link ownPort}.
	 */
	| { readonly kind: 'port'; readonly host: string; readonly port: number };

export interface CheckTiming {
	readonly intervalMs: number;
	/** Until it passes for the first time: so often, where that is sooner. */
	readonly eagerMs?: number;
	readonly timeoutMs: number;
	/** So many passes in a row make it healthy. */
	readonly rise: number;
	/** So many failures in a row make it unhealthy. */
	readonly fall: number;
	/** Unhealthy, it stays in where fewer instances of the service would be left. Left out = off. */
	readonly minHealthy?: MinHealthy;
}

export type CheckConfig = CheckTarget & CheckTiming;

const EXPECTED =
	'port, tcp://host:port, http(s)://host:port/path, grpc://host:port[/service] or exec:command';

/**
 * A mistaken check is shown only while it is one word without a query: its command or its address may carry a
 * token.
 */
export function parseCheck(text: string): Parsed<CheckTarget> {
	const parsed = parseTargetOf(text);
	return 'value' in parsed || !/[\s?#]/.test(text.trim()) ? parsed : { ...parsed, hide: true };
}

/** Until it accepts for the first time a port is asked this often. */
const EAGER_MS = 100;

/** What accepts at the port of this address on this host. */
export function ownPort({ host, port }: Address, timing: CheckTiming): CheckConfig {
	return { kind: 'port', host, port, ...timing, eagerMs: EAGER_MS };
}

/** `port` alone says nothing of the address, which comes by {@link ownPort}. */
function parseTargetOf(text: string): Parsed<CheckTarget> {
	if (text === 'port') return { value: { kind: 'port', host: '', port: 0 } };
	if (text.startsWith('exec:')) return parseExec(text.slice('exec:'.length));
	if (/^https?:\/\//.test(text)) return parseUrl(text);
	const match = /^(tcp|grpc):\/\/([^/]*)(?:\/(.*))?$/su.exec(text);
	if (match === null) return { expected: EXPECTED, example: 'tcp://127.0.0.1:8080' };
	const [, kind, target = '', service = ''] = match;
	const address = parseTarget(target);
	if (!('value' in address)) return { ...address, example: `${kind}://127.0.0.1:8080` };
	const { host, port } = address.value;
	if (kind === 'grpc') return { value: { kind, host, port, service } };
	return service === ''
		? { value: { kind: 'tcp', host, port } }
		: { expected: 'tcp://host:port without a path', example: `tcp://${target}` };
}

function parseExec(command: string): Parsed<CheckTarget> {
	if (command.startsWith('//'))
		return {
			expected: 'exec:command, without slashes after the colon',
			example: `exec:${command.replace(/^\/+/, '/').replace(/\s.*$/su, ' …')}`,
		};
	try {
		splitCommand(command);
	} catch (error) {
		const why = error instanceof Error ? error.message : String(error);
		return { expected: `a command after exec: (${why})`, example: 'exec:/usr/local/bin/healthy --quick' };
	}
	return { value: { kind: 'exec', command } };
}

function parseUrl(text: string): Parsed<CheckTarget> {
	const mistake: Mistake = {
		expected: 'a whole URL, like http://127.0.0.1:8080/health',
		example: 'http://127.0.0.1:8080/health',
	};
	if (/[\s\p{Cc}]/u.test(text) || !URL.canParse(text)) return mistake;
	const url = new URL(text);
	return url.port === '0'
		? { ...mistake, expected: 'a port from 1 to 65535' }
		: { value: { kind: 'http', url: text } };
}

/** For people: as it was written, without what may be secret. */
export function describeCheck(target: CheckTarget): string {
	switch (target.kind) {
		case 'tcp':
			return `tcp ${target.host}:${target.port}`;
		case 'http':
			return `http ${withoutUserinfo(target.url)}`;
		case 'grpc':
			return `grpc ${target.host}:${target.port}${target.service === '' ? '' : ` ${target.service}`}`;
		case 'exec':
			return 'exec';
		case 'port':
			return `port ${target.port}`;
	}
}

/**
 * Splits `program argument "an argument with spaces"` into words. Single and double quotes keep spaces
 * together and mean the same; there is no escape, variable, glob or pipe: whoever needs those writes
 * `sh -c '…'`, and sees that a shell is at work.
 *
 * @throws Error when a quote is not closed or nothing is left.
 */
export function splitCommand(command: string): readonly [program: string, ...args: string[]] {
	const words: string[] = [];
	let word: string | null = null;
	let quote: string | null = null;
	for (const character of command) {
		if (quote !== null) {
			if (character === quote) quote = null;
			else word += character;
		} else if (character === '"' || character === "'") {
			quote = character;
			word ??= '';
		} else if (/\s/.test(character)) {
			if (word !== null) words.push(word);
			word = null;
		} else {
			word = (word ?? '') + character;
		}
	}
	if (quote !== null) throw new Error(`the quote ${quote} is not closed`);
	if (word !== null) words.push(word);
	const [program, ...args] = words;
	if (!program) throw new Error('there is no command');
	return [program, ...args];
}
