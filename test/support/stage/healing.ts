import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Held } from '../../registrar/programs/heals.js';
import { compile } from '../compile.js';
import { startEtcd } from '../etcd/etcd.js';
import { ended, spawnGuarded } from '../process/guarded.js';

export interface Healed {
	/** After the first and after the last of the numbers of heals. */
	readonly first: Held;
	readonly last: Held;
	/** How many repairs the registrar counted. */
	readonly repaired: number;
	/** What stood under the key at the end. */
	readonly value: string;
	/** Leases that exist in etcd at the end. */
	readonly leases: number;
}

/**
 * Runs the program (test/registrar/programs/heals.ts), healed so many times, on an etcd of its own;
 * `whenDone` takes what ends both.
 */
export async function healing(
	program: URL,
	heals: readonly number[],
	whenDone: (end: () => Promise<void>) => void,
): Promise<Healed> {
	const etcd = await startEtcd();
	whenDone(() => etcd.kill());
	const file = await compile(program);
	// Compiled code lies on the heap too, and V8 goes on making it for thousands of rounds: without its
	// compilers what grows is the registrar's.
	const flags = ['--expose-gc', '--no-opt', '--no-sparkplug', '--no-maglev'];
	const child = spawnGuarded(process.execPath, [...flags, file, etcd.endpoint, ...heals.map(String)], {
		stdio: ['pipe', 'pipe', 'inherit'],
	});
	whenDone(async () => {
		child.stdin?.end();
		await ended(child);
	});
	const lines: unknown[] = [];
	if (!child.stdout) throw new Error('no output');
	const output = createInterface({ input: child.stdout });
	output.on('line', (line) => {
		lines.push(JSON.parse(line));
		if (lines.length > heals.length) output.close();
	});
	await once(output, 'close');
	const helds = lines.slice(0, heals.length) as Held[];
	const [first, last] = [helds[0], helds.at(-1)];
	const end = lines[heals.length] as { repaired: number; value: string } | undefined;
	if (!first || !last || !end) throw new Error(`the program ended early: ${JSON.stringify(lines)}`);
	return { first, last, ...end, leases: (await etcd.leases()).length };
}
