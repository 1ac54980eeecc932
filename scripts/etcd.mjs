import { spawn } from 'node:child_process';
import { mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { createServer } from 'node:net';
import { resolve } from 'node:path';

/** Where the checkout's own etcd keeps its data, its log and the note of what runs. */
const FOLDER = resolve('.etcd');
const NOTE = `${FOLDER}/running.json`;
const DEFAULT_PORT = 2379;

/**
 * The checkout's own etcd, on loopback: the one that a former call started if it still answers, else a new
 * one (`started`), at port 2379 or, where that is taken, at a free one. It runs in a session of its own: a
 * Ctrl-C on the terminal does not reach it, so it is still there when the registrar takes its key away, and
 * whoever started it ends it.
 */
export async function localEtcd() {
	const noted = readNote();
	if (noted && runs(noted.pid) && (await healthy(noted.port)))
		return { ...describe(noted.port), started: false, stop: async () => {}, ended: null };
	// A registrar that outlived its etcd still asks at the noted port.
	const port = await firstFree([noted?.port, DEFAULT_PORT, 0]);
	mkdirSync(FOLDER, { recursive: true });
	const log = openSync(`${FOLDER}/etcd.log`, 'w');
	const { endpoint } = describe(port);
	const child = spawn(
		'etcd',
		[
			...[
				'--name',
				'local',
				'--data-dir',
				`${FOLDER}/data`,
				'--listen-client-urls',
				endpoint,
				'--advertise-client-urls',
				endpoint,
			],
			// Nobody is ever to dial this lone member as a peer: port 1 stands for nobody.
			...[
				'--listen-peer-urls',
				'http://127.0.0.1:0',
				'--initial-advertise-peer-urls',
				'http://127.0.0.1:1',
				'--initial-cluster',
				'local=http://127.0.0.1:1',
			],
		],
		{ detached: true, stdio: ['ignore', log, log], env: withoutEtcd() },
	);
	const ended = new Promise((done) => {
		child.once('exit', (code, signal) => done(`etcd ended (${code ?? signal})`));
		child.once('error', (error) => done(`etcd does not start: ${error.message}`));
	});
	let over = null;
	void ended.then((reason) => {
		over = reason;
		rmSync(NOTE, { force: true });
	});
	const stop = async () => {
		child.kill('SIGTERM');
		const late = setTimeout(() => child.kill('SIGKILL'), 5000);
		await ended;
		clearTimeout(late);
	};
	for (
		const limit = Date.now() + 20_000;
		!(await healthy(port));
		await new Promise((next) => setTimeout(next, 50))
	) {
		if (over === null && Date.now() < limit) continue;
		await stop();
		throw new Error(
			`${over ?? 'etcd does not become healthy'}; the end of .etcd/etcd.log:\n${readFileSync(`${FOLDER}/etcd.log`, 'utf8').slice(-1500)}`,
		);
	}
	writeFileSync(NOTE, JSON.stringify({ pid: child.pid, port }));
	return { ...describe(port), started: true, stop, ended };
}

/**
 * etcd takes every ETCD_… variable for an option of its own, and the registrar's for mistakes. Before 3.5
 * it wants to be told that arm64 is meant.
 */
function withoutEtcd() {
	const plain = Object.entries(process.env).filter(([name]) => !name.startsWith('ETCD_'));
	return {
		...Object.fromEntries(plain),
		...(process.arch === 'arm64' ? { ETCD_UNSUPPORTED_ARCH: 'arm64' } : {}),
	};
}

/** The flag is what a person must add to etcdctl. */
function describe(port) {
	const endpoint = `http://127.0.0.1:${port}`;
	return { endpoint, etcdctl: port === DEFAULT_PORT ? 'etcdctl' : `etcdctl --endpoints ${endpoint}` };
}

function readNote() {
	try {
		return JSON.parse(readFileSync(NOTE, 'utf8'));
	} catch {
		return null;
	}
}

function runs(pid) {
	try {
		process.kill(pid, 0);
		return true;
	} catch {
		return false;
	}
}

function healthy(port) {
	return new Promise((answer) => {
		const request = get(
			{ host: '127.0.0.1', port, path: '/health', timeout: 1000, agent: false },
			(response) => {
				response.resume();
				answer(response.statusCode === 200);
			},
		);
		request.once('timeout', () => request.destroy());
		request.once('error', () => answer(false));
	});
}

export async function firstFree(ports) {
	for (const wanted of ports) {
		if (wanted === undefined) continue;
		const server = createServer();
		const port = await new Promise((answer) => {
			server.once('error', () => answer(null));
			server.listen(wanted, '127.0.0.1', () => answer(server.address().port));
		});
		if (port === null) continue;
		await new Promise((closed) => server.close(closed));
		return port;
	}
	throw new Error('no free port');
}
