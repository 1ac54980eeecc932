import { ip, ipInside, quietly } from './ip.js';

/** A MAC address that nobody has: what is sent to it is dropped without a word, as by a firewall's DROP. */
const NOBODY = '02:00:00:00:00:01';
let count = 0;

/** A cable (a veth pair) between here and a network namespace, with an address at each end. */
export class Cable {
	/** The address at the far end, and at this one. */
	readonly host: string;
	readonly ourSide: string;
	readonly #ourEnd = `er${process.pid % 1_000_000}x${++count}`;

	/** `farEnd` names the interface in the namespace. */
	constructor(
		private readonly namespace: string,
		private readonly farEnd: string,
	) {
		// Four addresses a cable; spread by pid, as several test processes run at once.
		const at = (n: number) => `10.213.${process.pid % 256}.${(count % 64) * 4 + n}`;
		this.ourSide = at(1);
		this.host = at(2);
		ip('link', 'add', this.#ourEnd, 'type', 'veth', 'peer', 'name', farEnd, 'netns', namespace);
		ip('addr', 'add', `${this.ourSide}/30`, 'dev', this.#ourEnd);
		ip('link', 'set', this.#ourEnd, 'up');
		ipInside(namespace, 'addr', 'add', `${this.host}/30`, 'dev', farEnd);
		ipInside(namespace, 'link', 'set', farEnd, 'up');
	}

	/** From now on every packet is lost: both ways, or only those `to` the host or `from` it. Holds at once. */
	drop(direction: 'both' | 'to' | 'from' = 'both'): void {
		if (direction !== 'from')
			ip('neigh', 'replace', this.host, 'lladdr', NOBODY, 'dev', this.#ourEnd, 'nud', 'permanent');
		if (direction !== 'to')
			ipInside(
				this.namespace,
				'neigh',
				'replace',
				this.ourSide,
				'lladdr',
				NOBODY,
				'dev',
				this.farEnd,
				'nud',
				'permanent',
			);
	}

	/** Packets pass again; what TCP still tries to send arrives. */
	heal(): void {
		quietly(() => ip('neigh', 'del', this.host, 'dev', this.#ourEnd));
		quietly(() => ipInside(this.namespace, 'neigh', 'del', this.ourSide, 'dev', this.farEnd));
	}

	close(): void {
		quietly(() => ip('link', 'del', this.#ourEnd));
	}
}
