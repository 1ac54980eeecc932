import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { program } from './unpacked.js';

const { path: PROMTOOL, missing } = program('promtool', '--version');

/** Why Prometheus's own judge cannot be asked here, or `null`. */
export const promtoolMissing = (): string | null => missing;

export function promtool(
	args: readonly string[],
	input = '',
): Pick<SpawnSyncReturns<string>, 'status'> & { readonly text: string } {
	const { error, status, stdout, stderr } = spawnSync(PROMTOOL, args, { input, encoding: 'utf8' });
	if (error) throw error;
	return { status, text: `${stdout}${stderr}` };
}
