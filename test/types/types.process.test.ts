import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

test('an application in strict TypeScript compiles against the built package', () => {
	const tsc = fileURLToPath(new URL('../../node_modules/.bin/tsc', import.meta.url));
	const project = fileURLToPath(new URL('tsconfig.json', import.meta.url));
	const { stdout, status } = spawnSync(tsc, ['-p', project], { encoding: 'utf8' });
	expect(stdout).toBe('');
	expect(status).toBe(0);
});
