import type { LogLevel } from '../settings/config.js';
import type { Plain, PlainFields } from './log-fields.js';

/** One line of log, complete and plain, in the order in which JSON shows it; the fields follow. */
export interface LogLine extends PlainFields {
	/** ISO 8601 in UTC: the moment at which the line was told, not the one at which it is printed. */
	readonly time: string;
	readonly level: LogLevel;
	readonly message: string;
}

/** The names that each line has by itself; a field of such a name gets `_` behind it. */
const OWN = ['time', 'level', 'message'];

export function logLine(timeMs: number, level: LogLevel, message: string, fields: PlainFields): LogLine {
	const named = Object.entries(fields).map(([name, value]) => [
		OWN.includes(name) ? `${name}_` : name,
		value,
	]);
	return { time: new Date(timeMs).toISOString(), level, message, ...Object.fromEntries(named) };
}

/** The text, in the colour of the level or dimmed. */
export type Paint = (colour: LogLevel | 'dim', text: string) => string;

/**
 * `05:06:07.089 INFO  message key=value …`: for a person at a terminal, in local time. What the text holds of
 * line ends is indented and of other control characters is spelled out, so that no text can pass for a line
 * or move the cursor.
 */
export function prettyLine({ time, level, message, ...fields }: LogLine, paint: Paint): string {
	const words = [
		paint('dim', clock(new Date(time))),
		paint(level, level.toUpperCase().padEnd(5)),
		visible(message),
	];
	const below: string[] = [];
	for (const [name, value] of Object.entries(fields)) {
		const text = isError(value) ? bare(errorText(value)) : bare(value);
		words.push(`${paint('dim', `${visible(bare(name))}=`)}${visible(text)}`);
		if (isError(value) && typeof value.stack === 'string') below.push(visible(`\n${value.stack}`));
	}
	return words.join(' ') + below.join('');
}

function clock(time: Date): string {
	return `${time.toTimeString().slice(0, 8)}.${String(time.getMilliseconds()).padStart(3, '0')}`;
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
