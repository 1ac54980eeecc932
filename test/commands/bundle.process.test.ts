import { cpSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { runCommand } from '../support/process/command.js';

const checkout = fileURLToPath(new URL('../..', import.meta.url));
const LATER = new Date(Date.now() + 60_000);

/** A copy of what is published, its modules unpacked after its bundle, as npm does it; `main` in place of the module of that name. */
function unpacked(main: string): { readonly entry: string; readonly folder: string } {
	const folder = mkdtempSync(join(tmpdir(), 'etcd-registrar-unpacked-'));
	onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
	for (const path of ['dist', 'src', 'package.json'])
		cpSync(join(checkout, path), join(folder, path), { recursive: true });
	const module = join(folder, 'dist/commands/main.js');
	writeFileSync(module, main);
	utimesSync(module, LATER, LATER);
	return { entry: join(folder, 'dist/cli.js'), folder };
}

const MODULES_RUN = "export const main = async ({ stdout }) => void stdout.write('modules\\n');";

test('an installed package starts from its bundle, whatever the times of its files', async () => {
	const { entry } = unpacked(MODULES_RUN);
	const { stdout, code } = await runCommand(['--version'], {}, { entry }).waitExit();
	expect({ stdout: stdout.trim(), code }).toEqual({
		stdout: expect.stringMatching(/^\d+\.\d+\.\d+/),
		code: 0,
	});
});

test('a checkout whose modules are newer than the bundle starts from the modules', async () => {
	const { entry, folder } = unpacked(MODULES_RUN);
	writeFileSync(join(folder, 'tsconfig.json'), '{}');
	expect((await runCommand(['--version'], {}, { entry }).waitExit()).stdout).toBe('modules\n');
});

test('without a bundle the package starts from its modules', async () => {
	const { entry, folder } = unpacked(MODULES_RUN);
	rmSync(join(folder, 'dist/bundle'), { recursive: true });
	expect((await runCommand(['--version'], {}, { entry }).waitExit()).stdout).toBe('modules\n');
});
