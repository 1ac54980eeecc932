import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const execFileAsync = promisify(execFile);

/**
 * etcd's own tools as the tests use them: `ETCD_BIN` names another server, and its etcdctl and etcdutl are
 * taken from beside it.
 */
export const etcdBinary = (): string => process.env.ETCD_BIN || 'etcd';
const beside = (tool: string): string => {
	const path = join(dirname(etcdBinary()), tool);
	return process.env.ETCD_BIN && existsSync(path) ? path : tool;
};

/**
 * Runs etcdctl (API 3, whatever its version) and resolves to its standard output; rejects with what it said
 * when it fails.
 */
export async function etcdctl(args: readonly string[], { input }: { input?: string } = {}): Promise<string> {
	return await run(beside('etcdctl'), args, input);
}

/** `snapshot restore` stands in etcdutl from 3.6 on, in etcdctl before. */
export async function restoreSnapshot(args: readonly string[]): Promise<string> {
	const etcdutl = beside('etcdutl');
	return await run(etcdutl === 'etcdutl' ? beside('etcdctl') : etcdutl, ['snapshot', 'restore', ...args]);
}

async function run(command: string, args: readonly string[], input?: string): Promise<string> {
	// None of the caller's ETCDCTL_* may speak into it.
	const env = { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '/', ETCDCTL_API: '3' };
	const running = execFileAsync(command, [...args], { env, timeout: 30_000, maxBuffer: 1 << 28 });
	running.child.stdin?.end(input);
	return (await running).stdout;
}

/**
 * JSON whose 64-bit numbers stay whole: an integer of 16 digits or more becomes a string. (etcd's byte fields
 * are base64 and never look like one.)
 */
export function parseWide(text: string): unknown {
	return JSON.parse(text.replace(/([:[,]\s*)(-?\d{16,})(?=\s*[,}\]])/g, '$1"$2"'));
}
