import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { expect, test } from 'vitest';
import { until } from '../until.js';
import { ended, removeAtExit } from './guarded.js';
import { alive } from './proc.js';

/** A process that starts a guarded `sleep`, tells its pid and then waits for ever. */
async function startGuarding() {
	const folder = mkdtempSync(join(tmpdir(), 'guarded-'));
	removeAtExit(folder);
	const outfile = join(folder, 'guarding.mjs');
	const contents = `import { spawnGuarded } from './guarded.ts';
		process.stdout.write(String(spawnGuarded('sleep', ['600']).pid));
		process.once('SIGTERM', () => process.exit(0));
		setInterval(() => {}, 60_000);`;
	await build({
		stdin: { contents, resolveDir: import.meta.dirname },
		bundle: true,
		platform: 'node',
		format: 'esm',
		outfile,
	});
	const guarding = spawn(process.execPath, [outfile], { stdio: ['ignore', 'pipe', 'inherit'] });
	const [pid] = await once(guarding.stdout, 'data');
	return { guarding, sleeper: Number(pid) };
}

test.each(['SIGTERM', 'SIGKILL'] as const)(
	'what is guarded ends with a process that ends by %s',
	async (signal) => {
		const { guarding, sleeper } = await startGuarding();
		expect(alive(sleeper)).toBe(true);
		guarding.kill(signal);
		await ended(guarding);
		await until(() => !alive(sleeper));
	},
);
