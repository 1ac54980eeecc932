/**
 * What a wire format is: pure functions, service → key and service → value and back to an instance, and what
 * its readers make of them.
 */
import type { Service } from '../registration.js';
import type { Decoded, Found } from './decode.js';

export interface Format {
	/**
	 * The first part of the key where no namespace is set, without outer slashes; `null` = the key begins with
	 * the name.
	 */
	readonly defaultNamespace: string | null;
	/** The weight that readers assume where none is written; `null` = the format carries none. */
	readonly usualWeight: number | null;
	key(service: Service, namespace: string | undefined): string;
	value(service: Service, lease: { readonly ttlSeconds: number }): string;
	/**
	 * Where the fleet's instances stand, for counting it: the namespace where the format has one, else the
	 * name.
	 */
	fleetPrefix(service: Service, namespace: string | undefined): string;
	/** A reader of this service takes everything below this prefix for an instance of it. */
	readsPrefix(service: Service, namespace: string | undefined): string;
	/** Readers drop what has another name, so services of this format may lie below each other's prefix. */
	readonly filtersByName?: true;
	/**
	 * Readers that ask at an interval, or are answered from a cache: what is gone is called for so long. Left
	 * out = they watch.
	 */
	readonly readersPollEverySeconds?: number;
	/**
	 * The other way round: from what stands below `readsPrefix` to an instance. Reads what others write, too.
	 * Never throws.
	 */
	decode(found: Found): Decoded;
	/**
	 * What this format cannot carry of the service, or of the namespace that was set: told before anything is
	 * written.
	 */
	problems(service: Service, namespace?: string): readonly FormatProblem[];
	/** Which of these settings reach its readers (a weight where {@link usualWeight} is one). */
	readonly carries: readonly ('version' | 'metadata')[];
}

export interface FormatProblem {
	readonly field: 'name' | 'id' | 'weight' | 'metadata' | 'namespace';
	/** Which metadata. */
	readonly key?: string;
	/** In words that follow "expected". */
	readonly expected: string;
	readonly mend: string;
}

/** `/ns/`, `ns/` or nothing: the beginning of every key of a format, slashes as the format has them. */
export function root(slash: '/' | '', fallback: string | null, namespace: string | undefined): string {
	const first = namespace ?? fallback;
	return first === null ? '' : `${slash}${first}/`;
}

/** For clients whose prefix is a constant: what stands elsewhere none of them finds. */
export function onlyBelow(
	prefix: string,
	client: string,
	namespace: string | undefined,
): readonly FormatProblem[] {
	if (namespace === undefined || namespace === prefix) return [];
	return [
		{
			field: 'namespace',
			expected: `none, since clients of ${client} look below ${prefix} only`,
			mend: 'leave it out, or register under it in another format',
		},
	];
}

/**
 * The id where none is given: name and address, with everything but ASCII letters, digits and hyphens turned
 * into hyphens.
 */
export function idOf(service: Service): string {
	return service.id ?? `${service.name}-${service.addr}`.replace(/[^A-Za-z0-9-]/gu, '-');
}

export function noSlash(field: 'name' | 'id', text: string | undefined): readonly FormatProblem[] {
	if (text === undefined || !text.includes('/')) return [];
	return [
		{
			field,
			expected: `${field === 'id' ? 'an id' : 'a name'} without "/"`,
			mend: `write it with "-" or "." instead, or choose a format that carries it`,
		},
	];
}

/** Maps as Go's encoding/json writes them: keys sorted. */
export function sorted(map: Readonly<Record<string, string>>): Record<string, string> {
	return Object.fromEntries(Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1)));
}
