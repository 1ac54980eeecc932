import { execFileSync } from 'node:child_process';
import { atEnd } from './guarded.js';
import { alive } from './proc.js';

/** A MAC address that nobody has: what is sent to it is dropped without a word, as by a firewall's DROP. */
const NOBODY = '02:00:00:00:00:01';
const PREFIX = 'etcdreg';
let count = 0;

/** Why no network of our own can be made here, or `null`. */
export function networkMissing(): string | null {
	if (process.platform !== 'linux') return 'network namespaces are Linux';
	if (process.getuid?.() !== 0) return 'network namespaces need root';
	try {
		ip('netns', 'list');
		const probe = `${PREFIX}-${process.pid}-probe`;
		ip('netns', 'add', probe);
		inside(probe, 'link', 'set', 'lo', 'up');
		ip('netns', 'del', probe);
		return null;
	} catch (error) {
		return `no network namespaces (package iproute2, CAP_NET_ADMIN): ${error instanceof Error ? error.message : error}`;
	}
}

/**
 * A host of the test's own: a network namespace, joined to this one by a cable (a veth pair). What runs in it is reached at
 * `host`, through a real network stack: a dropped packet is dropped, TCP sends it again, and nobody gets a reset.
 *
 * `await startEtcd({ host: network.host, wrap: network.wrap })` puts an etcd there.
 */
export function startNetwork(): TestNetwork {
	sweep();
	const network = new TestNetwork();
	atEnd(() => network.close());
	return network;
}

export class TestNetwork {
	readonly name = `${PREFIX}-${process.pid}-${++count}`;
	/** Its address, and ours on the cable. */
	readonly host: string;
	readonly ourSide: string;
	/** Put before a command, runs it there. */
	readonly wrap: readonly string[] = enter(this.name);
	readonly #ourEnd = `er${process.pid % 1_000_000}x${count}`;
	#closed = false;

	constructor() {
		// Four addresses a cable; spread by pid, as several test processes run at once.
		const subnet = `10.213.${process.pid % 256}.${(count % 64) * 4}`;
		const [a, b, c, d] = subnet.split('.').map(Number);
		const at = (n: number) => `${a}.${b}.${c}.${(d ?? 0) + n}`;
		this.ourSide = at(1);
		this.host = at(2);
		ip('netns', 'add', this.name);
		ip('link', 'add', this.#ourEnd, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', this.name);
		ip('addr', 'add', `${this.ourSide}/30`, 'dev', this.#ourEnd);
		ip('link', 'set', this.#ourEnd, 'up');
		inside(this.name, 'addr', 'add', `${this.host}/30`, 'dev', 'eth0');
		inside(this.name, 'link', 'set', 'eth0', 'up');
		inside(this.name, 'link', 'set', 'lo', 'up');
	}

	/** From now on every packet is lost: both ways, or only those `to` the host or `from` it. Holds at once. */
	drop(direction: 'both' | 'to' | 'from' = 'both'): void {
		if (direction !== 'from') ip('neigh', 'replace', this.host, 'lladdr', NOBODY, 'dev', this.#ourEnd, 'nud', 'permanent');
		if (direction !== 'to') inside(this.name, 'neigh', 'replace', this.ourSide, 'lladdr', NOBODY, 'dev', 'eth0', 'nud', 'permanent');
	}

	/** Packets pass again; what TCP still tries to send arrives. */
	heal(): void {
		quietly(() => ip('neigh', 'del', this.host, 'dev', this.#ourEnd));
		quietly(() => inside(this.name, 'neigh', 'del', this.ourSide, 'dev', 'eth0'));
	}

	/** Removes it. End what runs in it before. Idempotent. */
	close(): void {
		if (this.#closed) return;
		this.#closed = true;
		quietly(() => ip('link', 'del', this.#ourEnd));
		quietly(() => ip('netns', 'del', this.name));
	}
}

/** Removes what test processes left that were killed. */
function sweep(): void {
	for (const line of ip('netns', 'list').split('\n')) {
		const [, pid] = new RegExp(`^(?:${PREFIX})-(\\d+)-`).exec(line) ?? [];
		if (pid !== undefined && !alive(Number(pid))) quietly(() => ip('netns', 'del', line.split(' ')[0] ?? ''));
	}
}

/** By nsenter and not by `ip netns exec`, which also mounts a /sys of its own and so fails in a chroot. */
function enter(name: string): string[] {
	return ['nsenter', `--net=/run/netns/${name}`];
}

function inside(name: string, ...args: string[]): void {
	const [command = '', ...rest] = enter(name);
	run(command, ...rest, 'ip', ...args);
}

function ip(...args: string[]): string {
	return run('ip', ...args);
}

function run(command: string, ...args: string[]): string {
	return execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

function quietly(act: () => void): void {
	try {
		act();
	} catch {
		// What is not there need not be removed.
	}
}
