import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { crc32 } from 'node:zlib';
import { expect, onTestFinished, test } from 'vitest';
import { runCommand } from '../support/process/command.js';
import { until } from '../support/until.js';

const checkout = fileURLToPath(new URL('../..', import.meta.url));
const LATER = new Date(Date.now() + 60_000);

/**
 * A copy of what is published, its modules unpacked after its bundle, as npm does it; `main` in place of the
 * module of that name.
 */
function unpacked(main: string): { readonly entry: string; readonly folder: string } {
	const folder = mkdtempSync(join(tmpdir(), 'etcd-registrar-unpacked-'));
	onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
	for (const path of ['dist', 'src', 'package.json'])
		cpSync(join(checkout, path), join(folder, path), {
			recursive: true,
			filter: (name) => !name.includes('.cache'),
		});
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

test("a run leaves V8's code cache for the next, which a damaged one does not hurt", async () => {
	const { entry, folder } = unpacked(MODULES_RUN);
	const bundle = join(folder, 'dist/bundle');
	const variables = {
		ETCD_ENDPOINTS: 'http://127.0.0.1:9',
		SERVICE_NAME: 'user',
		SERVICE_ADDR: '10.0.0.5:8080',
		HOME: folder,
	};
	let sizes: number[] = [];
	for (const damage of [false, true]) {
		const [name = ''] = cachesIn(bundle);
		// As a disk may do it: V8 would die of it.
		if (damage) writeFileSync(join(bundle, name), readFileSync(join(bundle, name)).fill(0x55, 100_000));
		const running = runCommand(['run'], variables, { entry });
		await until(() => cachesIn(bundle).some((file) => isWhole(join(bundle, file))), { what: 'a cache' });
		running.signal('SIGTERM');
		expect((await running.waitExit()).code).toBe(0);
		sizes = [...sizes, cachesIn(bundle).length];
	}
	expect(sizes).toEqual([1, 1]);
});

const cachesIn = (bundle: string) => readdirSync(bundle).filter((name) => name.endsWith('.cache'));
const isWhole = (path: string) => {
	const content = readFileSync(path);
	return crc32(content.subarray(4)) === content.readUInt32LE(0);
};
