import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Where scripts/setup.sh puts it on a machine that has none. */
const UNPACKED = fileURLToPath(
	new URL('../../../node_modules/.cache/etcd-registrar-promtool/usr/bin/promtool', import.meta.url),
);
const PROMTOOL = existsSync(UNPACKED) ? UNPACKED : 'promtool';

/** Why Prometheus's own judge cannot be asked here, or `null`. */
export function promtoolMissing(): string | null {
	const { error } = spawnSync(PROMTOOL, ['--version']);
	return error === undefined ? null : `promtool could not be run (package prometheus): ${error.message}`;
}

export function promtool(
	args: readonly string[],
	input = '',
): Pick<SpawnSyncReturns<string>, 'status'> & { readonly text: string } {
	const { error, status, stdout, stderr } = spawnSync(PROMTOOL, args, { input, encoding: 'utf8' });
	if (error) throw error;
	return { status, text: `${stdout}${stderr}` };
}
