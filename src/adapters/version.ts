import { readFileSync } from 'node:fs';

/** The version of this package. The bundle of the command lies as deep below its root as this file. */
export function packageVersion(): string {
	const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
	return (JSON.parse(text) as { readonly version: string }).version;
}
