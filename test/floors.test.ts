import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { breaches } from './floors.js';

function tree(): Map<string, string> {
	const names = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter((name) =>
		name.endsWith('.ts'),
	);
	return new Map(names.map((name) => [join('src', name), readFileSync(join('src', name), 'utf8')]));
}

test('folders are floors, one vendor has one place, only the commands read process, no file or folder is long, a name means one thing', () => {
	expect(tree().size).toBeGreaterThan(10);
	expect(breaches(tree())).toEqual([]);
});

test.each([
	[
		'core imports the registrar',
		'src/core/decision/decide.ts',
		`import type { Store } from '../../registrar/ports.js';`,
	],
	['core does I/O', 'src/core/settings/from-environment.ts', `import { readFileSync } from 'node:fs';`],
	['core uses a vendor', 'src/core/decision/decide.ts', `import dotenv from 'dotenv';`],
	[
		'the registrar knows an adapter',
		'src/registrar/loop/loop.ts',
		`import { EtcdStore } from '../../adapters/etcd/store.js';`,
	],
	[
		'discovery knows an adapter',
		'src/discovery/reader.ts',
		`import { EtcdDirectory } from '../adapters/etcd/directory.js';`,
	],
	[
		'discovery knows the registrar',
		'src/discovery/reader.ts',
		`import type { Clock } from '../registrar/ports.js';`,
	],
	[
		'the registrar knows discovery',
		'src/registrar/loop/loop.ts',
		`import type { Listing } from '../../discovery/ports.js';`,
	],
	[
		'an adapter knows how discovery works',
		'src/adapters/etcd/directory.ts',
		`import { Reader } from '../../discovery/reader.js';`,
	],
	[
		'an adapter knows how the registrar works',
		'src/adapters/http/metrics.ts',
		`import { Loop } from '../../registrar/loop/loop.js';`,
	],
	[
		'an adapter imports the library',
		'src/adapters/http/metrics.ts',
		`export { register } from '../../register.js';`,
	],
	[
		'the page knows how the registrar works',
		'src/page/lines.ts',
		`import type { Memory } from '../registrar/pass/memory.js';`,
	],
	['an adapter imports the page', 'src/adapters/page.ts', `import { show } from '../page/view.js';`],
	['the library imports a command', 'src/register.ts', `await import('./commands/run/run.js');`],
	['a command imports the entry', 'src/commands/run/run.ts', `import { main } from '../../cli.js';`],
	['etcd3 outside its folder', 'src/register.ts', `import { Etcd3 } from 'etcd3';`],
	[
		'a part of grpc outside its folder',
		'src/adapters/checks/grpc.ts',
		`const grpc = require('@grpc/grpc-js/build/x');`,
	],
	['node-cron outside its file', 'src/adapters/dotenv.ts', `import cron from 'node-cron';`],
	['winston in the library', 'src/index.ts', `export type { Logger } from 'winston';`],
	['a second reader of dotenv', 'src/cli.ts', `import { parse } from 'dotenv';`],
	['a package that is no dependency', 'src/adapters/http/metrics.ts', `import client from 'prom-client';`],
	[
		'the environment below the commands',
		'src/adapters/host/load.ts',
		'export const home = () => process.env.HOME;',
	],
	['the process within a text', 'src/registrar/loop/loop.ts', `const text = \`\${process.pid}\`;`],
	['the process by its module', 'src/registrar/loop/loop.ts', `import { env } from 'node:process';`],
	['a file of 201 lines', 'src/core/decision/decide.ts', 'const x = 1;\n'.repeat(201)],
])('a planted breach is found: %s', (_, path, planted) => {
	expect(breaches(new Map([[path, planted]]))).toHaveLength(1);
});

test('a planted breach is found: a folder of 14 files', () => {
	const files = Array.from({ length: 14 }, (_, n) => [`src/core/formats/${n}.ts`, ''] as const);
	expect(breaches(new Map(files))).toEqual(['src/core/formats holds 14 files']);
	expect(breaches(new Map(files.slice(1)))).toEqual([]);
	const wire = files.map(([path, text]) => [path.replace('formats', 'formats/wire'), text] as const);
	expect(breaches(new Map(wire))).toEqual([]);
});

test('a planted breach is found: a name that means two things', () => {
	const one = ['src/core/pace.ts', 'export interface Pace {}'] as const;
	expect(breaches(new Map([one, ['src/core/weight.ts', 'export function Pace() {}']]))).toEqual([
		'Pace is exported by src/core/pace.ts and src/core/weight.ts',
	]);
	expect(breaches(new Map([one, ['src/index.ts', `export type { Pace } from './core/pace.js';`]]))).toEqual(
		[],
	);
});

test.each([
	[
		'an adapter takes the ports',
		'src/adapters/http/metrics.ts',
		`import type { Status } from '../../registrar/events.js';`,
	],
	[
		'a command uses the library and its adapters',
		'src/commands/run/run.ts',
		`import { x } from '../../adapters/http/metrics.js'; import '../../register.js';`,
	],
	['the entry reads process', 'src/cli.ts', 'process.exitCode = 0;'],
	[
		'the word in a comment, in a text, as a name of something else',
		'src/core/decision/decide.ts',
		`// a process.\nconst a = 'process.';\nthis.process(x.process);`,
	],
])('what is allowed is not found: %s', (_, path, planted) => {
	expect(breaches(new Map([[path, planted]]))).toEqual([]);
});

test('who registers loads nothing of the reading half, and a command only the one that needs it', () => {
	const sources = tree();
	const reached = new Set<string>();
	const visit = (path: string) => {
		if (reached.has(path)) return;
		reached.add(path);
		// Types are gone when the program runs; what is imported by a call is loaded when it is called.
		const code = (sources.get(path) ?? '').replace(/^(?:import|export) type [^;]*;/gm, '');
		for (const [, target = ''] of code.matchAll(/^(?:import|export|\} from)[^;]*?'(\.[^']+)'/gm))
			visit(new URL(target, `file:///${path}`).pathname.slice(1).replace(/\.js$/, '.ts'));
	};
	for (const entry of [
		'src/index.ts',
		'src/auto.ts',
		'src/cli.ts',
		'src/commands/main.ts',
		'src/commands/run/run.ts',
	])
		visit(entry);
	expect(reached.size).toBeGreaterThan(50);
	const reading = /^src\/(?:discovery|follow|grpc)|^src\/adapters\/etcd\/(?:directory|paging|prefix-watch)/;
	expect([...reached].filter((path) => reading.test(path))).toEqual([]);
	visit('src/discovery.ts');
	expect(reached).toContain('src/discovery/discovery.ts');
});
