import {
	appendFileSync,
	chmodSync,
	chownSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	renameSync,
	rmSync,
	symlinkSync,
	writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { CodeCache } from '../../src/commands/code-cache.js';
import { needs } from '../support/needs.js';

const DATA = Buffer.from('what V8 would run');
let folder: string;
let env: NodeJS.ProcessEnv;

beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), 'etcd-registrar-code-cache-'));
	onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
	for (const name of ['package', 'home']) mkdirSync(join(folder, name));
	writeFileSync(join(folder, 'package/command.cjs'), '');
	env = { HOME: join(folder, 'home') };
});

const open = (inPackage = 'package') => new CodeCache(join(folder, inPackage, 'command.cjs'), 'id', env);
const files = (at: string) => readdirSync(join(folder, at), { recursive: true, encoding: 'utf8' });
const cacheFile = () =>
	join(folder, 'package', files('package').find((name) => name.endsWith('.cache')) ?? '');

test('what was written beside the bundle is read again, and nothing else is left', async () => {
	expect(open().read()).toBeUndefined();
	await open().write(() => DATA);
	expect(open().read()).toEqual(DATA);
	expect(files('package')).toHaveLength(2);
	expect(files('home')).toEqual([]);
});

test('another bundle has another cache', async () => {
	await open().write(() => DATA);
	expect(new CodeCache(join(folder, 'package/command.cjs'), 'other', env).read()).toBeUndefined();
});

describe('where the package cannot be written', () => {
	test.each([
		['the cache is in the home', null, 'home/.cache/etcd-registrar'],
		['the cache is where XDG_CACHE_HOME says', 'xdg', 'xdg/etcd-registrar'],
	])('%s', async (_name, xdg, expected) => {
		if (xdg !== null) {
			env = { ...env, XDG_CACHE_HOME: join(folder, xdg) };
			mkdirSync(join(folder, xdg));
		}
		await open('missing').write(() => DATA);
		expect(files(expected)).toHaveLength(1);
		expect(open('package').read()).toEqual(DATA);
	});

	test.each([
		['there is no home', () => ({})],
		['the home is not there', () => ({ HOME: join(folder, 'nowhere') })],
		['the home lies below a file', () => ({ HOME: join(folder, 'package/command.cjs/home') })],
		['the home is no absolute path', () => ({ HOME: 'home' })],
		[
			"the home is somebody else's",
			() => {
				if (process.getuid?.() === 0) chownSync(join(folder, 'home'), 12_345, 12_345);
				return process.getuid?.() === 0 ? { HOME: join(folder, 'home') } : { HOME: '/' };
			},
		],
	])('and %s, there is no cache, and nothing fails', async (_name, given) => {
		env = given();
		await open('missing').write(() => DATA);
		expect(open('missing').read()).toBeUndefined();
		expect(files('.')).toHaveLength(3);
	});
});

test.each([
	['cut short', (path: string) => writeFileSync(path, readFileSync(path).subarray(0, 10))],
	['empty', (path: string) => writeFileSync(path, '')],
	['of zeros', (path: string) => writeFileSync(path, Buffer.alloc(20))],
	['longer than it was', (path: string) => appendFileSync(path, 'x')],
	[
		'damaged in one bit',
		(path: string) => {
			const content = readFileSync(path);
			content[12] = (content[12] ?? 0) ^ 1;
			writeFileSync(path, content);
		},
	],
	['writable by others', (path: string) => chmodSync(path, 0o666)],
	['writable by its group', (path: string) => chmodSync(path, 0o664)],
	[
		'a link to another file',
		(path: string) => {
			renameSync(path, `${path}.moved`);
			symlinkSync(`${path}.moved`, path);
		},
	],
	[
		'a folder',
		(path: string) => {
			rmSync(path);
			mkdirSync(path);
		},
	],
])('a cache that is %s is not used', async (_name, spoil) => {
	await open().write(() => DATA);
	spoil(cacheFile());
	expect(open().read()).toBeUndefined();
});

test("a cache of a third user's is not used, one of the bundle's owner is", async (context) => {
	needs(context, process.getuid?.() === 0 ? null : 'another owner of a file needs root');
	await open().write(() => DATA);
	chownSync(cacheFile(), 12_345, 12_345);
	expect(open().read()).toBeUndefined();
	chownSync(join(folder, 'package/command.cjs'), 12_345, 12_345);
	expect(open().read()).toEqual(DATA);
});

test('a cache that is not used is written anew', async () => {
	await open().write(() => DATA);
	writeFileSync(cacheFile(), '');
	await open().write(() => DATA);
	expect(open().read()).toEqual(DATA);
});

test('where V8 gives no cache, none is written and nothing fails', async () => {
	await open().write(() => {
		throw new Error('no memory');
	});
	expect(files('.').filter((name) => name.includes('command.id'))).toEqual([]);
	expect(open().read()).toBeUndefined();
});

test('with NODE_DISABLE_COMPILE_CACHE there is none', async () => {
	await open().write(() => DATA);
	env = { ...env, NODE_DISABLE_COMPILE_CACHE: '1' };
	expect(open().read()).toBeUndefined();
	await new CodeCache(join(folder, 'package/command.cjs'), 'other', env).write(() => DATA);
	expect(files('package')).toHaveLength(2);
});
