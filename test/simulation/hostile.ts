/**
 * Others that write where the registrars write: without guards, without leases, under leases of their own.
 */
import type { HostileFault } from './faults.js';
import { keyOf } from './life.js';
import type { World } from './world.js';

const HUGE = 'x'.repeat(5 * 2 ** 20);
let count = 0n;

/** Where registrars' leases never are: their prefix is never so small. */
const nextLease = (world: World): string => {
	count = BigInt(world.judge.leases.size);
	return String(1_000n + count);
};

export function act(world: World, fault: HostileFault): void {
	if (!world.server.isUp) return;
	const { etcd } = world.server;
	const key = keyOf(fault.key);
	const hostile = (what: string, run: () => void) => world.judge.hostile(`${what} ${key}`, run);
	switch (fault.kind) {
		case 'put without lease':
			return hostile('puts without a lease', () => etcd.put(key, 'hostile'));
		case 'put same without lease': {
			const value = etcd.get(key)?.value ?? 'hostile';
			return hostile('puts the same without a lease', () => etcd.put(key, value));
		}
		case 'too large':
			return hostile('puts 5 MiB without a lease', () => etcd.put(key, HUGE));
		case 'delete':
			return hostile('deletes', () => etcd.delete(key));
		case 'revoke': {
			const lease = etcd.get(key)?.lease;
			if (lease != null) hostile(`revokes the lease of`, () => etcd.revoke(lease));
			return;
		}
		case 'foreign put':
			return foreignPut(world, fault);
		case 'classic':
			return classic(world, fault);
	}
}

function foreignPut(world: World, fault: Extract<HostileFault, { kind: 'foreign put' }>): void {
	const { ttlSeconds, renewedMs, apart } = fault;
	const untilMs = renewedMs === null ? null : world.time.now() + renewedMs;
	const begin = () => {
		const lease = grant(world, ttlSeconds);
		keepRenewed(world, lease, ttlSeconds, untilMs);
		return lease;
	};
	const shared = apart ? null : begin();
	for (let key = fault.key; key < Math.min(fault.key + fault.keys, world.scenario.keys); key += 1) {
		const lease = shared ?? begin();
		const what = `puts ${keyOf(key)} under its lease ${lease}, renewed for ${renewedMs ?? 'ever'}`;
		world.judge.hostile(what, () => world.server.etcd.put(keyOf(key), 'foreign', lease));
	}
}

/** The classic registrar: each TTL a read, and a put where there is nothing; it sees presence only. */
function classic(world: World, fault: Extract<HostileFault, { kind: 'classic' }>): void {
	const { etcd } = world.server;
	const key = keyOf(fault.key);
	const untilMs = fault.untilMs === null ? null : world.time.now() + fault.untilMs;
	const turn = () => {
		if (isOver(world, untilMs)) return;
		world.time.after(fault.ttlSeconds * 1_000, turn);
		if (!world.server.isUp || etcd.get(key) !== null) return;
		const lease = grant(world, fault.ttlSeconds);
		world.judge.hostile(`(classic) registers ${key} under ${lease}`, () => etcd.put(key, 'classic', lease));
		keepRenewed(world, lease, fault.ttlSeconds, untilMs);
	};
	turn();
}

function grant(world: World, ttlSeconds: number): string {
	const lease = nextLease(world);
	world.server.etcd.grant(lease, ttlSeconds);
	world.judge.granted(null, lease);
	return lease;
}

function keepRenewed(world: World, lease: string, ttlSeconds: number, untilMs: number | null): void {
	const { etcd } = world.server;
	if (untilMs === null) world.staying.add(lease);
	const renew = () => {
		if (isOver(world, untilMs)) return;
		if (world.server.isUp) {
			world.judge.beforeRenewal(lease);
			const ttl = etcd.renew(lease);
			if (ttl === 0) return void world.staying.delete(lease);
			world.judge.renewed(lease, ttl);
		}
		world.time.after((ttlSeconds * 1_000) / 3, renew);
	};
	world.time.after((ttlSeconds * 1_000) / 3, renew);
}

/** Whoever stays for a while only is gone when it gets quiet. */
const isOver = (world: World, untilMs: number | null): boolean =>
	untilMs !== null && (world.isQuiet || world.time.now() >= untilMs);
