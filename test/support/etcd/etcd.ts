import type { ChildProcess } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../network/net.js';
import { ended, removeAtExit, spawnGuarded } from '../process/guarded.js';
import { getText } from '../process/http.js';
import { until } from '../until.js';
import { type EtcdOptions, identityArgs, serverArgs, tlsFlags } from './etcd-args.js';
import { Metrics } from './etcd-metrics.js';
import { etcdBinary, etcdctl, parseWide, restoreSnapshot } from './etcdctl.js';

let count = 0;
/** Before 3.5 etcd wants to be told that this processor is meant. */
const ARM64 = process.arch === 'arm64' ? { ETCD_UNSUPPORTED_ARCH: 'arm64' } : {};

/**
 * Starts a real etcd on loopback and resolves once it answers that it is healthy. It ends with the tests,
 * whatever happens.
 */
export async function startEtcd(options: EtcdOptions = {}): Promise<Etcd> {
	const { port, dataDir = mkdtempSync(join(tmpdir(), 'etcd-registrar-test-')) } = options;
	if (options.dataDir === undefined) removeAtExit(dataDir);
	for (let tries = 1; ; tries += 1) {
		const etcd = new Etcd(port ?? (await freePort()), dataDir, options);
		try {
			await etcd.start();
			if (options.rootPassword !== undefined) await etcd.enableAuth(options.rootPassword);
			return etcd;
		} catch (error) {
			// Somebody took the port between the search for a free one and etcd's start.
			if (port !== undefined || tries === 3 || !/address already in use/.test(etcd.log)) throw error;
		}
	}
}

/** A running etcd and everything a test does to it. */
export class Etcd {
	readonly port: number;
	readonly dataDir: string;
	readonly endpoint: string;
	readonly #options: EtcdOptions;
	#token = `token-${process.pid}-${++count}`;
	#child: ChildProcess | null = null;
	#log = '';
	#auth: readonly string[] = [];

	constructor(port: number, dataDir: string, options: EtcdOptions) {
		this.port = port;
		this.dataDir = dataDir;
		this.#options = options;
		this.endpoint = `${options.tls ? 'https' : 'http'}://${options.host ?? '127.0.0.1'}:${port}`;
	}

	get pid(): number {
		if (this.#child?.pid === undefined) throw new Error('etcd is not running');
		return this.#child.pid;
	}

	get running(): boolean {
		return this.#child !== null;
	}

	/** Everything etcd has written so far. */
	get log(): string {
		return this.#log;
	}

	/** Starts it on its own port and data and waits until it is healthy. */
	async start({ waitHealthy = true }: { waitHealthy?: boolean } = {}): Promise<void> {
		const [command = '', ...args] = [
			...(this.#options.wrap ?? []),
			this.#options.binary ?? etcdBinary(),
			...serverArgs(this, this.#token, this.#options),
		];
		const child = spawnGuarded(command, args, {
			stdio: ['ignore', 'pipe', 'pipe'],
			env: { PATH: process.env.PATH, HOME: '/', ...ARM64 },
		});
		this.#child = child;
		let failure: Error | null = null;
		child.once('error', (error) => {
			failure = error;
		});
		child.once('exit', (code, signal) => {
			failure ??= new Error(`etcd ended (${code ?? signal}):\n${this.#log.slice(-2000)}`);
			if (this.#child === child) this.#child = null;
		});
		for (const stream of [child.stdout, child.stderr])
			stream?.on('data', (chunk) => (this.#log = (this.#log + chunk).slice(-1_000_000)));
		if (!waitHealthy) return;
		await until(
			async () => {
				if (failure) return true;
				return (await this.http('/health')).includes('true');
			},
			{ what: `etcd healthy at ${this.endpoint}` },
		);
		if (failure) throw failure;
	}

	/** Creates `root` with this password and switches auth on. */
	async enableAuth(password: string): Promise<void> {
		await this.ctl('user', 'add', `root:${password}`);
		await this.ctl('user', 'grant-role', 'root', 'root');
		await this.ctl('auth', 'enable');
		this.#auth = ['--user', `root:${password}`];
	}

	/** Runs etcdctl against it; resolves to its output without the last line break. */
	async ctl(...args: string[]): Promise<string> {
		return (await etcdctl([...this.#ctlFlags(), ...args])).trimEnd();
	}

	/** The same as JSON; 64-bit numbers come as strings. The caller names the shape. */
	async json<T>(...args: string[]): Promise<T> {
		return parseWide(await this.ctl(...args, '-w', 'json')) as T;
	}

	/** The leases that exist, as decimal text. */
	async leases(): Promise<string[]> {
		const [, ...ids] = (await this.ctl('lease', 'list')).split('\n');
		return ids.filter((id) => id !== '').map((id) => BigInt(`0x${id.trim()}`).toString());
	}

	async metrics(): Promise<Metrics> {
		return new Metrics(await this.http('/metrics'));
	}

	/** Ends it as an operator would; resolves when it is gone. */
	async stop(): Promise<void> {
		await this.kill('SIGTERM');
	}

	/** Ends it by this signal; resolves when it is gone. A paused one dies by SIGKILL only. */
	async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
		const child = this.#child;
		if (!child) return;
		child.kill(signal);
		await ended(child);
	}

	/** Stops the process in its tracks (SIGSTOP): its connections stay open and silent. */
	pause(): void {
		process.kill(this.pid, 'SIGSTOP');
	}

	resume(): void {
		process.kill(this.pid, 'SIGCONT');
	}

	/** Ends it and starts it again on the same port and data. */
	async restart(): Promise<void> {
		await this.stop();
		await this.start();
	}

	/**
	 * Ends it and starts it empty. The cluster id stays, and the revision goes back, unless it is to be another
	 * cluster.
	 */
	async wipe({ newCluster = false }: { newCluster?: boolean } = {}): Promise<void> {
		await this.kill();
		await rm(this.dataDir, { recursive: true, force: true });
		if (newCluster) this.#token = `${this.#token}+`;
		this.#auth = [];
		await this.start();
	}

	/** Saves everything to a file. */
	async snapshot(file: string): Promise<void> {
		await this.ctl('snapshot', 'save', file);
	}

	/** Ends it and starts it again with what the file holds. */
	async restore(file: string): Promise<void> {
		await this.kill();
		await rm(this.dataDir, { recursive: true, force: true });
		await restoreSnapshot([file, '--data-dir', this.dataDir, ...identityArgs(this.#token, this.#options)]);
		await this.start();
	}

	/** One request to its HTTP side (`/health`, `/metrics`, `/version`). */
	http(path: string): Promise<string> {
		return getText(`${this.endpoint}${path}`, this.#options.tls);
	}

	#ctlFlags(): readonly string[] {
		return ['--endpoints', this.endpoint, ...tlsFlags(this.#options.tls), ...this.#auth];
	}
}
