import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The text of a file below the root, or `null` where it cannot be read: what a kernel does not offer is not there. */
export type Read = (path: string) => Promise<string | null>;

export function reader(root: string): Read {
	return (path) => readFile(join(root, path), 'utf8').catch(() => null);
}

export async function textOf(read: Read, path: string): Promise<string> {
	return (await read(path)) ?? '';
}

/** The number that the file is, or that stands after `field` on a line of its own; NaN where there is none. */
export async function numberOf(read: Read, path: string, field?: string): Promise<number> {
	const text = await textOf(read, path);
	const found =
		field === undefined ? text.trim() : (text.split('\n').find((line) => line.startsWith(`${field} `)) ?? '').slice(field.length + 1).trim();
	return /^\d+$/.test(found) ? Number(found) : Number.NaN;
}
