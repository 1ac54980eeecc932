import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Where scripts/setup.sh puts programs on a machine that has none. */
const FOLDER = fileURLToPath(
	new URL('../../../node_modules/.cache/etcd-registrar-programs', import.meta.url),
);

export interface Program {
	readonly path: string;
	/** What its environment must hold. */
	readonly env: Readonly<Record<string, string>>;
	/** Why it cannot be run here, or `null`. */
	readonly missing: string | null;
}

/**
 * A program of this machine, or one that was only unpacked, with its libraries beside it. `probe` makes it
 * end at once.
 */
export function program(name: string, probe: string): Program {
	const path = ['usr/bin', 'usr/sbin'].map((bin) => join(FOLDER, bin, name)).find(existsSync) ?? name;
	const libraries = join(FOLDER, 'usr/lib');
	const env =
		path === name || !existsSync(libraries)
			? {}
			: {
					LD_LIBRARY_PATH: [libraries, ...readdirSync(libraries).map((each) => join(libraries, each))].join(
						':',
					),
				};
	const { error, status, stderr } = spawnSync(path, [probe], { env, encoding: 'utf8' });
	const why = error?.message ?? (status === 0 ? null : stderr);
	return { path, env, missing: why === null ? null : `${name} could not be run: ${why}` };
}
