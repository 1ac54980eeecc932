/**
 * The programs of README and docs/ against the built package: each is type-checked, and the README's server
 * runs and stops.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { startEtcd } from '../support/etcd/etcd.js';
import { Gateway } from '../support/etcd/gateway.js';
import { freePort } from '../support/network/net.js';
import { ended, removeAtExit, spawnGuarded } from '../support/process/guarded.js';
import { applicationWith } from '../support/process/installed.js';
import { until } from '../support/until.js';
import { blocksOf, PAGES, page } from './markdown.js';

const top = fileURLToPath(new URL('../..', import.meta.url));

test('every TypeScript and JavaScript block compiles in strict mode', () => {
	const folder = join(top, 'node_modules/.cache/etcd-registrar-tests', `docs-${process.pid}`);
	mkdirSync(folder, { recursive: true });
	removeAtExit(folder);
	const blocks = PAGES.flatMap(blocksOf).filter(({ language }) => /^[tj]s$/.test(language));
	expect(blocks.length).toBeGreaterThan(5);
	const files = blocks.map(({ place, language, code }) => {
		// The place is the name, so that the compiler tells it. Without an import it is a module all the same.
		const name = `${place.replaceAll(/[^\w.-]/g, '-')}.m${language}`;
		writeFileSync(join(folder, name), `${code}export {};\n`);
		return name;
	});
	const compilerOptions = {
		...{ target: 'es2023', lib: ['es2023', 'esnext.disposable'], types: ['node'], module: 'nodenext' },
		...{ strict: true, exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true },
		...{ allowJs: true, checkJs: true, skipLibCheck: true, noEmit: true },
		paths: { 'etcd-registrar': [`${top}dist/index.d.ts`], 'etcd-registrar/*': [`${top}dist/*.d.ts`] },
	};
	writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files }));
	const tsc = join(top, 'node_modules/.bin/tsc');
	const { stdout, status } = spawnSync(tsc, ['-p', folder], { encoding: 'utf8', cwd: folder });
	expect(stdout).toBe('');
	expect(status).toBe(0);
});

test.each(['SIGTERM', 'SIGINT'] as const)(
	'the server of the README registers, and ends on %s without its key',
	async (signal) => {
		const etcd = await startEtcd();
		const gateway = new Gateway(etcd.endpoint);
		const [example] = blocksOf(page('README.md')).filter(({ language }) => language === 'ts');
		const port = await freePort();
		const folder = applicationWith();
		const code = (example?.code ?? '')
			.replaceAll('http://127.0.0.1:2379', etcd.endpoint)
			.replaceAll('8080', String(port));
		writeFileSync(join(folder, 'server.mjs'), code);
		const child = spawnGuarded(process.execPath, ['server.mjs'], {
			cwd: folder,
			stdio: ['ignore', 'pipe', 'pipe'],
		});
		const key = `/ns/user/127.0.0.1:${port}`;
		try {
			await until(async () => (await gateway.get(key)) !== null);
			expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toBe('hello\n');
			child.kill(signal);
			await until(async () => (await gateway.get(key)) === null);
			await ended(child);
			expect({ code: child.exitCode, signal: child.signalCode }).toEqual({ code: 0, signal: null });
		} finally {
			child.kill('SIGKILL');
			gateway.close();
			await etcd.kill();
		}
	},
);
