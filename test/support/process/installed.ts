import { chmodSync, mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { removeAtExit } from './guarded.js';

/**
 * An application's folder with this package and others installed as npm would: by name, and its command in
 * `node_modules/.bin`.
 */
export function applicationWith(...packages: readonly string[]): string {
	const folder = mkdtempSync(join(tmpdir(), 'application-'));
	removeAtExit(folder);
	const modules = join(folder, 'node_modules');
	mkdirSync(join(modules, '.bin'), { recursive: true });
	symlinkSync(process.cwd(), join(modules, 'etcd-registrar'));
	for (const name of packages) {
		mkdirSync(dirname(join(modules, name)), { recursive: true });
		symlinkSync(join(process.cwd(), 'node_modules', name), join(modules, name));
	}
	const command = join(modules, '.bin', 'etcd-registrar');
	writeFileSync(
		command,
		`#!/bin/sh\nexec '${process.execPath}' '${join(process.cwd(), 'dist/cli.js')}' "$@"\n`,
	);
	chmodSync(command, 0o755);
	return folder;
}
