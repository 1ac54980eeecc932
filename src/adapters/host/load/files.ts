import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The text of a file below the root, `''` where it cannot be read: what a kernel does not offer is not there.
 * Read at once: what the kernel makes up from memory waits for nothing, and a trip through Node's thread pool
 * for each of twenty files costs more than reading them.
 */
export type Read = (path: string) => string;

export function reader(root: string): Read {
	return (path) => {
		try {
			return readFileSync(join(root, path), 'utf8');
		} catch {
			return '';
		}
	};
}

/**
 * The number that the file is, or that stands after `field` on a line of its own; NaN where there is none.
 */
export function numberOf(read: Read, path: string, field?: string): number {
	const text = read(path);
	const found =
		field === undefined
			? text.trim()
			: (text.split('\n').find((line) => line.startsWith(`${field} `)) ?? '').slice(field.length + 1).trim();
	return /^\d+$/.test(found) ? Number(found) : Number.NaN;
}
