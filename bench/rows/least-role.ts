import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { type Etcd, startEtcd } from '../../test/support/etcd/etcd.js';
import { newerEtcd } from '../../test/support/etcd/newer-etcd.js';
import { ended } from '../../test/support/process/guarded.js';
import { cpuNanoseconds } from '../../test/support/process/proc.js';
import { runProgram } from '../program.js';
import { alternate, compare, type Line, type Row } from '../row.js';

const KEYS = 10_000;
const TTL_SECONDS = 5;
/** Until everything stands and was renewed several times. */
const WINDOW_MS = 60_000;
const ROLE = { name: 'least role', auth: true } as const;
const FREE = { name: 'without auth', auth: false } as const;

/**
 * An etcd from 3.4.44, 3.5.30 or 3.6.11 on checks, for a user that is not root, every key of a lease at each
 * put and each renewal.
 */
export const leastRole: Row = {
	name: 'least-role',
	about: `${KEYS} keys of a user with the least role on an etcd that checks every key of a lease: until all stand, etcd's CPU`,
	async run({ runs, say }) {
		const binary = newerEtcd('forky');
		if (binary === null) {
			say('least-role: needs an etcd 3.5.30 or later from Debian');
			return [];
		}
		const cpu = new Map<string, number[]>([ROLE, FREE].map(({ name }) => [name, []]));
		const ready = await alternate([ROLE, FREE], runs(3, 1), async ({ name, auth }) => {
			const { readyMs, cpuSeconds } = await measure(binary, auth);
			cpu.get(name)?.push(cpuSeconds);
			return readyMs / 1_000;
		});
		const common = { baseline: FREE.name } as const;
		const lines: Line[] = [
			...compare(ready, {
				...{ measure: `${KEYS} keys registered after`, unit: 's', ...common },
				...{ targets: { [ROLE.name]: 5 }, targetOf: 'median' as const },
			}),
			...compare(cpu, {
				...{ measure: `etcd's CPU in the first ${WINDOW_MS / 1_000} s`, unit: 's', ...common },
				targets: { [ROLE.name]: 3 },
			}),
		];
		return lines;
	},
};

async function measure(binary: string, auth: boolean) {
	const etcd = await startEtcd({ binary, ...(auth ? { rootPassword: 'root' } : {}) });
	if (auth) await addUser(etcd);
	const before = cpuNanoseconds(etcd.pid);
	const args = [
		'registrar',
		etcd.endpoint,
		String(KEYS),
		String(TTL_SECONDS),
		...(auth ? ['app:secret'] : []),
	];
	const child: ChildProcess = await runProgram('many-keys', args);
	const beganMs = performance.now();
	const [line] = child.stdout === null ? [] : await once(child.stdout.setEncoding('utf8'), 'data');
	const { readyMs } = JSON.parse(String(line)) as { readyMs: number };
	await new Promise((resolve) => setTimeout(resolve, WINDOW_MS - (performance.now() - beganMs)));
	const cpuSeconds = (cpuNanoseconds(etcd.pid) - before) / 1e9;
	child.kill('SIGKILL');
	await ended(child);
	await etcd.kill();
	return { readyMs, cpuSeconds };
}

async function addUser(etcd: Etcd): Promise<void> {
	await etcd.ctl('user', 'add', 'app:secret');
	await etcd.ctl('role', 'add', 'app');
	await etcd.ctl('role', 'grant-permission', 'app', '--prefix=true', 'readwrite', '/ns/many/');
	await etcd.ctl('user', 'grant-role', 'app', 'app');
}
