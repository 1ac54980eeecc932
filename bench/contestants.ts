import type { ChildProcess } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { spawnGuarded } from '../test/support/process/guarded.js';
import { inBench } from './paths.js';
import type { SetUp } from './set-up.js';

/** What one of them is told to register, and where. */
export interface Task {
	/** One endpoint, `http://…`. */
	readonly endpoint: string;
	readonly name: string;
	readonly addr: string;
	readonly ttlSeconds: number;
}

export interface Contestant {
	readonly name: string;
	readonly start: (task: Task) => ChildProcess;
	/** What its key begins with. */
	readonly prefix: (task: Task) => string;
}

export const REGISTRAR = 'etcd-registrar';
export const LEASE = 'etcd3 lease script';
export const POLL = 'etcd3 poll (classic)';
export const MOLECULER = 'moleculer 0.14';
export const GO = 'classic registrar in Go';
/** The shortest script that registers at all; measured at start-up only, since it does nothing after it. */
export const TEN_LINES = 'ten-line etcd3 script';

const nsKey = ({ name, addr }: Task): string => `/ns/${name}/${addr}`;

/** Settings of the command that differ from a plain `run`. */
export const registrar = (
	setUp: SetUp,
	name = REGISTRAR,
	settings: Readonly<Record<string, string>> = {},
): Contestant => ({
	name,
	prefix: nsKey,
	start: (task) =>
		launch(process.execPath, [setUp.command, 'run'], {
			ETCD_ENDPOINTS: task.endpoint,
			SERVICE_NAME: task.name,
			SERVICE_ADDR: task.addr,
			SERVICE_TTL: String(task.ttlSeconds),
			...settings,
		}),
});

const script = (name: string, file: string, prefix = nsKey): Contestant => ({
	name,
	prefix,
	start: (task) => launch(process.execPath, [file, ...inOrder(task)]),
});

export const tenLines = ({ folder }: SetUp): Contestant =>
	script(TEN_LINES, `${folder}/baselines/ten-lines.cjs`);

/** Everybody who can take part on this machine, the registrar first. */
export function contestants(setUp: SetUp): Contestant[] {
	const baseline = (file: string) => `${setUp.folder}/baselines/${file}`;
	const all = [registrar(setUp), script(LEASE, baseline('lease.cjs')), script(POLL, baseline('poll.cjs'))];
	// Its discoverer writes below a name of its own.
	if (setUp.moleculer === null)
		all.push(
			script(
				MOLECULER,
				inBench('moleculer/moleculer.cjs'),
				({ name }) => `moleculer-${name}/discovery/beats/`,
			),
		);
	if (setUp.go === null)
		all.push({
			name: GO,
			prefix: nsKey,
			start: (task) => launch(inBench('classic-registrar'), inOrder(task)),
		});
	return all;
}

const inOrder = ({ endpoint, name, addr, ttlSeconds }: Task): string[] => [
	endpoint,
	name,
	addr,
	String(ttlSeconds),
];

/** With nothing of the caller's environment, in an empty folder, its output to nowhere. */
function launch(
	command: string,
	args: readonly string[],
	settings: Readonly<Record<string, string>> = {},
): ChildProcess {
	const cwd = inBench('empty');
	mkdirSync(cwd, { recursive: true });
	return spawnGuarded(command, args, {
		cwd,
		env: { PATH: process.env.PATH, HOME: process.env.HOME, ...settings },
		stdio: 'ignore',
	});
}

let count = 0;
/** An instance that nobody else is. */
export const task = (endpoint: string, ttlSeconds: number): Task => {
	count += 1;
	return { endpoint, name: `bench${count}`, addr: `10.1.${count >> 8}.${count & 255}:8080`, ttlSeconds };
};
