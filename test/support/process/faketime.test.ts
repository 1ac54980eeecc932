import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { needs } from '../needs.js';
import { runCommand } from './command.js';
import { clockMissing, startClock } from './faketime.js';
import { removeAtExit } from './guarded.js';

test('a process sees its wall clock step while its monotonic one goes on', async (context) => {
	needs(context, clockMissing());
	const clock = startClock();
	const folder = mkdtempSync(join(tmpdir(), 'clock-'));
	removeAtExit(folder);
	const entry = join(folder, 'entry.mjs');
	writeFileSync(
		entry,
		`setInterval(() => console.error(JSON.stringify({ message: 'now', wall: Date.now(), monotonic: performance.now() })), 50);`,
	);
	const command = runCommand([], clock.env, { entry });
	const ahead = (hours: number) =>
		command.waitForLog((line) => Math.abs(Number(line.wall) - Date.now() - hours * 3_600_000) < 60_000);
	const start = await ahead(0);
	clock.set(3600);
	await ahead(1);
	clock.set(-7200);
	const end = await ahead(-2);
	expect(Number(end.monotonic) - Number(start.monotonic)).toBeGreaterThan(0);
	expect(Number(end.monotonic) - Number(start.monotonic)).toBeLessThan(60_000);
	command.signal('SIGKILL');
	await command.waitExit();
});
