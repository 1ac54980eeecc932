import { readFileSync } from 'node:fs';

/**
 * The version of this package, `unknown` where its package.json is not beside it (an application that bundles
 * the library). The bundle of the command lies as deep below the package's root as this file.
 */
export function packageVersion(): string {
	try {
		const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
		const { name, version } = JSON.parse(text) as { readonly name?: unknown; readonly version?: unknown };
		return name === 'etcd-registrar' && typeof version === 'string' ? version : 'unknown';
	} catch {
		return 'unknown';
	}
}
