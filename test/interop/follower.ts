import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { spawnGuarded } from '../support/process/guarded.js';
import { until } from '../support/until.js';

const inInterop = (path: string): string => fileURLToPath(new URL(`../../.interop/${path}`, import.meta.url));

/** The compiled `follow.go`; see there what its lines mean. */
export interface Follower {
	/** Everything it has said. */
	readonly lines: readonly string[];
	/** Who answered the last calls: addresses, or `nobody`. */
	answering(calls?: number): Set<string>;
}

/** Which of etcd's clients it is made with; `null` = it could not be had (setup.sh has told why). */
export function versionOf(client: 'own' | 'next'): string | null {
	return existsSync(inInterop(`${client}/follow`))
		? readFileSync(inInterop(`${client}/version`), 'utf8').trim()
		: null;
}

/** Looks for the service until the tests end. */
export function follow(client: 'own' | 'next', endpoint: string, service: string): Follower {
	const child = spawnGuarded(inInterop(`${client}/follow`), [endpoint, service], {
		stdio: ['ignore', 'pipe', 'pipe'],
		env: {},
	});
	let text = '';
	for (const stream of [child.stdout, child.stderr])
		stream?.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
	child.once('exit', (code, signal) => (text += `ended ${code ?? signal}\n`));
	const lines = () => text.split('\n').slice(0, -1);
	return {
		get lines() {
			return lines();
		},
		answering(calls = 20) {
			const last = lines().filter((line) => /^(answer|nobody)/.test(line));
			return new Set(last.slice(-calls).map((line) => line.replace('answer ', '')));
		},
	};
}

/** The compiled `write.go`, which registers with etcd's own `endpoints.Manager`. */
export interface Writer {
	/** `add ADDR`, `zone ADDR ZONE` or `delete ADDR`; resolves when etcd has done it. */
	does(line: string): Promise<void>;
}

export function writer(client: 'own' | 'next', endpoint: string, service: string): Writer {
	const child = spawnGuarded(inInterop(`${client}/write`), [endpoint, service], { env: {} });
	let text = '';
	for (const stream of [child.stdout, child.stderr])
		stream?.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
	return {
		async does(line) {
			const done = text.split('\n').length;
			child.stdin?.write(`${line}\n`);
			await until(() => text.split('\n').length > done, { what: `'${line}' to be done` });
			if (!text.endsWith(`${line}\n`)) throw new Error(text);
		},
	};
}
