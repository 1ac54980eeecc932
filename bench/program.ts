import type { ChildProcess } from 'node:child_process';
import { pathToFileURL } from 'node:url';
import { compile } from '../test/support/compile.js';
import { spawnGuarded } from '../test/support/process/guarded.js';
import { inCheckout } from './paths.js';

/**
 * Compiles a program of `bench/programs/` with the sources it imports, and runs it with these arguments; its
 * output is a pipe.
 */
export async function runProgram(
	name: string,
	args: readonly string[],
	nodeArgs: readonly string[] = [],
): Promise<ChildProcess> {
	const file = await compile(pathToFileURL(inCheckout(`bench/programs/${name}.ts`)));
	return spawnGuarded(process.execPath, [...nodeArgs, file, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
}
