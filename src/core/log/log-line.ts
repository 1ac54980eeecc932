import type { LogLevel } from '../settings/config.js';
import type { Plain, PlainFields } from './log-fields.js';

/** One line of log, complete and plain. */
export interface LogEntry {
	/** Milliseconds since 1970: the moment at which it was told, not the one at which it is printed. */
	readonly timeMs: number;
	readonly level: LogLevel;
	readonly message: string;
	readonly fields: PlainFields;
}

/** The names that each JSON line has by itself; a field of such a name gets `_` behind it. */
const OWN = ['time', 'level', 'message'];

/** `{"time":"2026-03-04T05:06:07.089Z","level":"info","message":"…",…fields}`: one line, time in UTC. */
export function jsonLine({ timeMs, level, message, fields }: LogEntry): string {
	const line: Record<string, Plain> = Object.create(null);
	line.time = new Date(timeMs).toISOString();
	line.level = level;
	line.message = message;
	for (const [name, value] of Object.entries(fields)) line[OWN.includes(name) ? `${name}_` : name] = value;
	return JSON.stringify(line);
}

const COLOURS = { error: '31', warn: '33', info: '32', debug: '36' } as const satisfies Record<
	LogLevel,
	string
>;

/**
 * `05:06:07.089 INFO  message key=value …`: for a person at a terminal, in local time. What the text holds of line ends is
 * indented and of other control characters is spelled out, so that no text can pass for a line or move the cursor.
 */
export function prettyLine({ timeMs, level, message, fields }: LogEntry, colours: boolean): string {
	const paint = (code: string, text: string): string => (colours ? `\u001b[${code}m${text}\u001b[0m` : text);
	const words = [
		paint('2', clock(timeMs)),
		paint(COLOURS[level], level.toUpperCase().padEnd(5)),
		visible(message),
	];
	const below: string[] = [];
	for (const [name, value] of Object.entries(fields)) {
		words.push(
			`${paint('2', `${visible(bare(name))}=`)}${visible(isError(value) ? bare(errorText(value)) : bare(value))}`,
		);
		if (isError(value) && typeof value.stack === 'string') below.push(visible(`\n${value.stack}`));
	}
	return words.join(' ') + below.join('');
}

function clock(timeMs: number): string {
	const time = new Date(timeMs);
	const two = (n: number): string => String(n).padStart(2, '0');
	return `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}.${String(time.getMilliseconds()).padStart(3, '0')}`;
}

/** A value as one word: text that would not read as one is put in quotes. */
function bare(value: Plain): string {
	return typeof value === 'string' && value !== '' && !/[\s"=]/.test(value) ? value : JSON.stringify(value);
}

function visible(text: string): string {
	return text
		.replace(/\r?\n/g, '\n    ')
		.replace(
			/(?![\n\t])[\p{Cc}\u2028\u2029]/gu,
			(char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
		);
}

interface PlainError extends PlainFields {
	readonly message: string;
}

function isError(value: Plain | undefined): value is PlainError {
	if (
		typeof value !== 'object' ||
		value === null ||
		!('message' in value) ||
		typeof value.message !== 'string'
	)
		return false;
	return Object.keys(value).every((name) => ['message', 'code', 'cause', 'errors', 'stack'].includes(name));
}

/** `message (code): what lies under it: …` */
function errorText({ message, code, cause }: PlainError): string {
	const coded = code === undefined ? message : `${message} (${String(code)})`;
	if (cause === undefined) return coded;
	return `${coded}: ${isError(cause) ? errorText(cause) : bare(cause)}`;
}
