import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

interface Lock {
	readonly packages: Readonly<
		Record<
			string,
			{ readonly resolved?: string; readonly optionalDependencies?: Readonly<Record<string, string>> }
		>
	>;
}
const lock = JSON.parse(readFileSync('package-lock.json', 'utf8')) as Lock;

test('the lock file names every optional package that one of its packages may want: without one, `npm ci` refuses', () => {
	const named = new Set(Object.keys(lock.packages).map((path) => path.replace(/^.*node_modules\//, '')));
	const wanted = Object.values(lock.packages).flatMap(({ optionalDependencies }) =>
		Object.keys(optionalDependencies ?? {}),
	);
	expect(wanted.length).toBeGreaterThan(0);
	expect(wanted.filter((name) => !named.has(name))).toEqual([]);
});

test('the lock file says what to install and not where from: every machine uses the registry it is set up for', () => {
	const placed = Object.entries(lock.packages).filter(([, { resolved }]) => resolved !== undefined);
	expect(placed.map(([path]) => path)).toEqual([]);
});

/** A registry by its host: `//registry.`, `//npm.`, `//x.registry.`… whatever follows. */
const REGISTRY = /\/\/(?!www\.)(?:[\w-]+\.)*(?:registry|npm|pypi|artifactory|nexus)[\w-]*\.[a-z]/;

test('no file of the repository names a registry host', () => {
	expect(REGISTRY.test(`https:/${'/registry'}.example.org/a`)).toBe(true);
	const files = execFileSync('git', ['ls-files', '-z'], { encoding: 'utf8' }).split('\0').filter(Boolean);
	const naming = files.filter((file) => {
		try {
			return REGISTRY.test(readFileSync(file, 'utf8'));
		} catch {
			return false; // deleted, not yet committed
		}
	});
	expect(naming).toEqual([]);
});
