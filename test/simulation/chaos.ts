/** Carries the scenario's faults out, each at its moment, and ends all of them when it gets quiet. */
import type { EtcdFault, Fault, LinkFault, ProcessFault } from './faults.js';
import { act } from './hostile.js';
import { keyOf } from './life.js';
import type { Host, World } from './world.js';

export class Chaos {
	/** What the last snapshot would bring back. */
	#restore: () => void;

	constructor(private readonly world: World) {
		this.#restore = world.server.etcd.snapshot();
	}

	begin(): void {
		const { world } = this;
		for (const host of world.hosts)
			world.time.after(host.process.startsAtMs, () => {
				if (!world.isQuiet && host.lives.length === 0) world.begin(host);
			});
		for (const fault of world.scenario.faults)
			world.time.after(fault.atMs, () => {
				if (!world.isQuiet) this.#happen(fault);
			});
	}

	/** Everything is healthy from now on; whoever is to be there is there, whoever is not is gone. */
	end(): void {
		const { world } = this;
		world.trace.add('JUDGE', 'QUIET: every fault is over');
		world.isQuiet = true;
		world.server.start();
		for (const key of world.scenario.deniedAtFirst)
			if (world.denied.has(keyOf(key))) world.permit(keyOf(key));
		for (const host of world.hosts) {
			host.link.mend();
			host.link.change(host.process.quiet);
			this.#settle(host);
		}
	}

	#settle(host: Host): void {
		const { world } = this;
		const life = world.current(host);
		const { ends } = host.process;
		if (ends === 'gone') {
			if (life !== null && world.random.chance(0.5)) life.kill();
			else life?.stop();
			return;
		}
		const last = host.lives.at(-1);
		// One that a conflict ended stays so: whoever starts it again is not of this scenario.
		if (last?.hasConflict) return;
		const running = life ?? world.begin(host);
		if (running.stalledUntilMs > world.time.now()) running.stalledUntilMs = world.time.now();
		running.setPaused(ends === 'paused');
	}

	#happen(fault: Fault): void {
		const { world } = this;
		switch (fault.kind) {
			case 'weather':
			case 'cut':
			case 'silence':
			case 'reset':
				return this.#onLink(fault, world.hosts[fault.process] as Host);
			case 'crash':
			case 'elect':
			case 'etcd stalls':
			case 'snapshot':
			case 'deny':
			case 'permit':
				return this.#onEtcd(fault);
			case 'put without lease':
			case 'put same without lease':
			case 'too large':
			case 'delete':
			case 'revoke':
			case 'foreign put':
			case 'classic':
				return act(world, fault);
			default:
				return this.#onProcess(fault, world.hosts[fault.process] as Host);
		}
	}

	#onLink(fault: LinkFault, { link, process }: Host): void {
		const { trace } = this.world;
		trace.add('net', `${process.name}: ${JSON.stringify(fault)}`);
		switch (fault.kind) {
			case 'weather':
				return link.change(fault.weather);
			case 'cut':
				return link.cut(fault.ms, fault.holds);
			case 'silence':
				return link.silence();
			case 'reset':
				return link.reset();
		}
	}

	#onEtcd(fault: EtcdFault): void {
		const { world } = this;
		const { server, trace, judge } = world;
		trace.add('etcd', JSON.stringify(fault));
		switch (fault.kind) {
			case 'crash':
				server.crash();
				return void world.time.after(fault.ms, () => this.#restart(fault.data));
			case 'elect':
				return server.elect(fault.ms);
			case 'etcd stalls':
				return server.stall(fault.ms);
			case 'snapshot':
				this.#restore = server.etcd.snapshot();
				return;
			case 'deny':
				return world.deny(keyOf(fault.key), fault.how);
			case 'permit':
				if (world.denied.has(keyOf(fault.key))) world.permit(keyOf(fault.key));
				return void judge;
		}
	}

	#restart(data: Extract<EtcdFault, { kind: 'crash' }>['data']): void {
		const { server, judge, trace } = this.world;
		if (server.isUp) return;
		trace.add('etcd', `is back, data ${data}`);
		server.start((etcd) => {
			if (data === 'kept') return;
			judge.history();
			// Another history begins its terms anew.
			etcd.term = 1;
			if (data === 'snapshot') this.#restore();
			else etcd.wipe(data === 'lost' ? undefined : String(Number(etcd.clusterId) + 1));
		});
	}

	#onProcess(fault: ProcessFault, host: Host): void {
		const { world } = this;
		const life = world.current(host);
		if (life === null) return;
		const again = (afterMs: number | null) => {
			if (afterMs === null) return;
			world.time.after(afterMs, () => {
				if (!world.isQuiet && world.current(host) === null) world.begin(host);
			});
		};
		switch (fault.kind) {
			case 'kill':
				life.kill();
				return again(fault.againAfterMs);
			case 'stop':
				life.stop();
				return again(fault.againAfterMs);
			case 'stall':
				world.trace.add(life.name, `stands still for ${fault.ms} ms`);
				life.stalledUntilMs = world.time.now() + fault.ms;
				return;
			case 'pause':
				return life.setPaused(true);
			case 'resume':
				return life.setPaused(false);
			case 'reconcile':
				return life.reconcile();
			case 'add':
				return life.add(fault.pick % world.scenario.keys);
			default: {
				const keys = [...life.services.keys()];
				const key = keys[fault.pick % Math.max(1, keys.length)];
				if (key === undefined) return;
				return fault.kind === 'remove' ? life.remove(key) : life.update(key, fault.kind === 'move');
			}
		}
	}
}
