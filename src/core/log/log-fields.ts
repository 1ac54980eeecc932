/** What log lines carry, made plain: safe to print, safe to keep, free of secrets. */

export type Plain = string | number | boolean | null | readonly Plain[] | PlainFields;
export interface PlainFields {
	readonly [name: string]: Plain;
}

export const REDACTED = '[redacted]';
const MAX_DEPTH = 6;
const MAX_ITEMS = 200;
const MAX_TEXT = 16_384;

/**
 * Names that hold a secret; a number or a yes-or-no under them is none (a count of tokens, `passwordSet`).
 */
const SECRET = /passw|passphrase|secret|token|authori[sz]ation|credential|private[-_ ]?key/i;
/** `DB_PASS`, `dbPass`: but only text, for a pass of the loop is no secret. */
const SECRET_TEXT = [/(?:^|[^a-z])pass$/i, /[a-z]Pass$/];
/**
 * What stands between `://` and the host: a password may hold whatever is not told apart from the rest of a
 * list.
 */
const USERINFO = /:\/\/(?:[^\s/?#:@;,]*:[^\s@;,"']*|[^\s/?#@;,"']*)@(?:[^\s/?#@;,"']*@)*/g;

export interface PlainOptions {
	/** Whether errors show their stacks. */
	readonly stacks: boolean;
}

/**
 * A copy of the fields that JSON can hold, taken now: later changes of the originals do not show in it. Never
 * throws and never changes what it is given, because a line of log must not be able to hurt the work that it
 * tells of. Secrets are left out by name and from URLs. That is the second line of defence; the first is not
 * to log them.
 */
export function plainFields(fields: Readonly<Record<string, unknown>>, options: PlainOptions): PlainFields {
	const copy = plain(fields, options, []);
	return isFields(copy) ? copy : { fields: copy };
}

/** Text without the user names and passwords of URLs in it, cut where it is very long. */
export function plainText(text: string): string {
	const short =
		text.length <= MAX_TEXT ? text : `${text.slice(0, MAX_TEXT)}… (${text.length - MAX_TEXT} more)`;
	return short.includes('@') ? short.replace(USERINFO, `://${REDACTED}@`) : short;
}

/** `within`: the objects that this value lies in, against circles. */
function plain(value: unknown, options: PlainOptions, within: readonly object[]): Plain {
	switch (typeof value) {
		case 'string':
			return plainText(value);
		case 'boolean':
			return value;
		case 'number':
			return Number.isFinite(value) ? value : String(value);
		case 'bigint':
		case 'symbol':
		case 'undefined':
			return String(value);
		case 'function':
			return '[function]';
		case 'object':
			if (value === null) return null;
			if (within.includes(value)) return '[circular]';
			if (within.length > MAX_DEPTH) return '[too deep]';
			try {
				return plainObject(value, options, [...within, value]);
			} catch {
				return '[unreadable]';
			}
	}
}

function plainObject(value: object, options: PlainOptions, within: readonly object[]): Plain {
	if (value instanceof Error) return plainError(value, options, within);
	if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString();
	if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
	if (value instanceof Map)
		return record(
			[...value].map(([name, item]) => [String(name), () => item]),
			options,
			within,
		);
	if (value instanceof Set || Array.isArray(value)) {
		const items = [...value].slice(0, MAX_ITEMS).map((item) => plain(item, options, within));
		const left = (value instanceof Set ? value.size : value.length) - items.length;
		return left > 0 ? [...items, `… (${left} more)`] : items;
	}
	if ('toJSON' in value && typeof value.toJSON === 'function') return plain(value.toJSON(), options, within);
	return record(
		Object.keys(value).map((name) => [name, () => Reflect.get(value, name)]),
		options,
		within,
	);
}

/** Message, code and what lies under it. Nothing else of an error: some carry whole requests. */
function plainError(error: Error, options: PlainOptions, within: readonly object[]): Plain {
	const { code, cause } = error as { code?: unknown; cause?: unknown };
	const known: [string, () => unknown][] = [['message', () => error.message || error.name]];
	if (code !== undefined) known.push(['code', () => code]);
	if (cause !== undefined) known.push(['cause', () => cause]);
	if (error instanceof AggregateError) known.push(['errors', () => error.errors]);
	if (options.stacks) known.push(['stack', () => error.stack]);
	return record(known, options, within);
}

function record(
	items: readonly (readonly [string, () => unknown])[],
	options: PlainOptions,
	within: readonly object[],
): PlainFields {
	const out: Record<string, Plain> = Object.create(null);
	for (const [name, read] of items.slice(0, MAX_ITEMS)) {
		try {
			const value = read();
			if (value !== undefined) out[name] = isSecret(name, value) ? REDACTED : plain(value, options, within);
		} catch {
			out[name] = '[unreadable]';
		}
	}
	if (items.length > MAX_ITEMS) out['…'] = `(${items.length - MAX_ITEMS} more)`;
	return out;
}

function isSecret(name: string, value: unknown): boolean {
	const isText = typeof value === 'string';
	return isText
		? value !== '' && (SECRET.test(name) || SECRET_TEXT.some((end) => end.test(name)))
		: typeof value === 'object' && value !== null && SECRET.test(name);
}

function isFields(value: Plain): value is PlainFields {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}
