/**
 * What may stand in an etcd key: names, ids and namespaces are parts of keys that people type, print and
 * range over.
 */
import type { Parsed } from './settings/values/kinds.js';

/** Control characters, line and paragraph separators, and halves of surrogate pairs (they have no UTF-8). */
const UNPRINTABLE = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u;

/**
 * Why this text cannot be a part of a key, or `null`. Slashes separate segments; none of these may be empty,
 * `.` or `..`.
 */
function refusal(text: string): string | null {
	if (UNPRINTABLE.test(text)) return 'without control characters';
	if (text.trim() !== text) return 'without spaces around it';
	const segments = text.split('/');
	if (segments.includes('')) return 'without an empty segment (no slash at either end, no two together)';
	if (segments.includes('.') || segments.includes('..')) return 'without a "." or ".." segment';
	return null;
}

export function parseName(text: string): Parsed<string> {
	const why = refusal(text);
	return why === null ? { value: text } : { expected: `a service name ${why}`, example: 'user' };
}

/** Whether an id may hold `/` depends on the format; here only what no format takes is refused. */
export function parseId(text: string): Parsed<string> {
	const why = refusal(text);
	return why === null ? { value: text } : { expected: `an instance id ${why}`, example: 'user-1' };
}

/** Slashes at the ends are dropped: the format puts them where it has them. */
export function parseNamespace(text: string): Parsed<string> {
	const inner = text.replace(/^\/|\/$/g, '');
	const why = refusal(inner);
	return why === null ? { value: inner } : { expected: `a first part of the key ${why}`, example: 'ns' };
}

/** Versions stand in values only, but people print them. */
export function parseVersion(text: string): Parsed<string> {
	return UNPRINTABLE.test(text) || text.trim() !== text
		? { expected: 'a version without control characters or spaces around it', example: 'v1.0.0' }
		: { value: text };
}
