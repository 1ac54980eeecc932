import { atEnd } from '../process/guarded.js';
import { alive } from '../process/proc.js';
import { Cable } from './cable.js';
import { enter, ip, ipInside, quietly } from './ip.js';

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
		ipInside(probe, 'link', 'set', 'lo', 'up');
		ip('netns', 'del', probe);
		return null;
	} catch (error) {
		return `no network namespaces (package iproute2, CAP_NET_ADMIN): ${error instanceof Error ? error.message : error}`;
	}
}

/**
 * A host of the test's own: a network namespace, joined to this one by a cable (a veth pair). What runs in it
 * is reached at `host`, through a real network stack: a dropped packet is dropped, TCP sends it again, and
 * nobody gets a reset.
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
	/** Its address on the cable, and that of this end. */
	readonly host: string;
	readonly ourSide: string;
	/** Put before a command, runs it there. */
	readonly wrap: readonly string[] = enter(this.name);
	readonly #cables: Cable[] = [];
	readonly #first: Cable;
	#closed = false;

	constructor() {
		ip('netns', 'add', this.name);
		ipInside(this.name, 'link', 'set', 'lo', 'up');
		this.#first = this.join();
		this.ourSide = this.#first.ourSide;
		this.host = this.#first.host;
	}

	/** Lays one more cable, so that it can be cut off from some and not from others. */
	join(): Cable {
		const cable = new Cable(this.name, `eth${this.#cables.length}`);
		this.#cables.push(cable);
		return cable;
	}

	/**
	 * From now on every packet on the first cable is lost: both ways, or only those `to` the host or `from` it.
	 * Holds at once.
	 */
	drop(direction: 'both' | 'to' | 'from' = 'both'): void {
		this.#first.drop(direction);
	}

	/** Packets pass again; what TCP still tries to send arrives. */
	heal(): void {
		this.#first.heal();
	}

	/** Removes it. End what runs in it before. Idempotent. */
	close(): void {
		if (this.#closed) return;
		this.#closed = true;
		for (const cable of this.#cables) cable.close();
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
