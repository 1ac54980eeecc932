/** Everything of one run: time, etcd, the processes with their links and lives, and who judges them. */
import { Judge } from './judge.js';
import { keyOf, Life } from './life.js';
import { Link } from './network.js';
import { Random } from './random.js';
import type { ProcessScenario, Scenario } from './scenario.js';
import { SimulatedEtcd } from './server.js';
import { SimulatedTime } from './time.js';
import { Trace } from './trace.js';

export interface Host {
	readonly process: ProcessScenario;
	readonly link: Link;
	/** The last of them may be alive. */
	readonly lives: Life[];
}

export class World {
	readonly time = new SimulatedTime();
	readonly random: Random;
	readonly trace: Trace;
	readonly server: SimulatedEtcd;
	readonly judge: Judge;
	readonly hosts: readonly Host[];
	/** Keys that etcd denies now. */
	readonly denied = new Map<string, 'all' | 'write'>();
	/** Nothing new begins: what was to come later does not. */
	isQuiet = false;
	/** How often a permission was given or taken. */
	rightsChanges = 0;
	/** Leases of hostile actors that are renewed to the end. */
	readonly staying = new Set<string>();

	constructor(
		readonly scenario: Scenario,
		traceLines: number,
	) {
		this.random = new Random(scenario.randomSeed);
		this.trace = new Trace(this.time, traceLines);
		this.server = new SimulatedEtcd(this.time, this.random.fork());
		this.server.checksKeys = scenario.checksKeys;
		this.judge = new Judge(this.time, this.server, this.trace);
		this.server.extending = () => this.judge.extended();
		for (const key of [...scenario.denied, ...scenario.deniedAtFirst])
			this.denied.set(keyOf(key), scenario.deniedHow);
		this.hosts = scenario.processes.map((process) => {
			const link = new Link(this.time, this.random.fork(), process.weather);
			this.server.links.add(link);
			return { process, link, lives: [] };
		});
	}

	get lives(): Life[] {
		return this.hosts.flatMap(({ lives }) => lives);
	}

	get living(): Life[] {
		return this.lives.filter(({ isAlive }) => isAlive);
	}

	/** Those of which code may still run. */
	get running(): Life[] {
		return this.lives.filter((life) => !life.dead && life.stopped === null);
	}

	current(host: Host): Life | null {
		const life = host.lives.at(-1);
		return life?.isAlive ? life : null;
	}

	/** A new life of the process; its former one is over. */
	begin(host: Host): Life {
		const name = `${host.process.name}${host.lives.length + 1}`;
		const life = new Life(name, this.scenario, host.process, {
			...{ time: this.time, trace: this.trace, server: this.server, link: host.link, witness: this.judge },
			random: this.random.fork(),
		});
		host.lives.push(life);
		for (const [key, how] of this.denied) life.store.session.denied.set(key, how);
		life.start();
		return life;
	}

	deny(key: string, how: 'all' | 'write'): void {
		this.trace.add('etcd', `denies ${key} (${how})`);
		this.rightsChanges += 1;
		this.denied.set(key, how);
		for (const { store } of this.lives) store.session.denied.set(key, how);
	}

	permit(key: string): void {
		this.trace.add('etcd', `permits ${key}`);
		this.rightsChanges += 1;
		this.denied.delete(key);
		this.server.calmSinceMs = Math.max(this.server.calmSinceMs, this.time.now());
		for (const { store } of this.lives) store.session.denied.delete(key);
	}
}
