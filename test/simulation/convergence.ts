/**
 * What must stand in etcd once everything is healthy: every wanted key right, or rightly another's, and
 * exactly the leases for it.
 */
import { keyOf, type Life } from './life.js';
import type { World } from './world.js';

/** How many leases so many keys hang on. */
export const LEASE_RULE = {
	/** One lease for all keys. */
	one: (keys: number): number => Math.min(1, keys),
	/** One for up to so many keys, and one more for each further so many. */
	per500: (keys: number): number => Math.ceil(keys / 500),
};
export const leasesFor = LEASE_RULE.per500;

/** `null` = converged; else what is not as it should be. */
export function notConverged(world: World): string | null {
	const keys = new Set([
		...Array.from({ length: world.scenario.keys }, (_, key) => keyOf(key)),
		...world.lives.flatMap((life) => [...life.wanted.keys(), ...life.leaving.keys()]),
	]);
	for (const key of keys) {
		const problem = keyProblem(world, key) ?? failProblem(world, key);
		if (problem !== null) return `${key}: ${problem}`;
	}
	for (const life of world.living) {
		const problem = leaseProblem(world, life) ?? statusProblem(world, life);
		if (problem !== null) return `${life.name}: ${problem}`;
	}
	const dead = world.server.etcd.leases.find((lease) => {
		const life = world.judge.leases.get(lease)?.life;
		return life?.isAlive === false && world.server.etcd.sizeOf(lease) === 0 && (life.stopped?.clean ?? false);
	});
	return dead === undefined ? null : `a lease of ${world.judge.leases.get(dead)?.life?.name} is left`;
}

function keyProblem(world: World, key: string): string | null {
	const { living, denied, judge, server } = world;
	if (denied.has(key)) return null;
	const wanting = living.filter((life) => life.desired(key) !== null);
	const observed = server.etcd.get(key);
	if (observed === null) return wanting.length === 0 ? null : `missing, ${wanting[0]?.name} wants it`;
	if (observed.lease === null)
		return wanting.length === 0 ? null : `on no lease, ${wanting[0]?.name} wants it`;
	const holder = judge.leases.get(observed.lease)?.life ?? null;
	if (holder === null)
		return world.staying.has(observed.lease) || wanting.length === 0
			? null
			: 'on the lease of a dead foreign process';
	if (!holder.isAlive) return `still there by ${holder.name}, which is gone`;
	const desired = holder.desired(key);
	if (desired === null) return `still there by ${holder.name}, which does not want it`;
	return observed.value === desired
		? null
		: `${holder.name} wants ${desired}, there is ${observed.value?.slice(0, 80)}`;
}

/** Under `fail` a key that it never had, and that another process keeps, ends a process. */
function failProblem(world: World, key: string): string | null {
	if (world.denied.has(key)) return null;
	const lease = world.server.etcd.get(key)?.lease ?? null;
	const failing = world.living.find(
		(life) =>
			life.process.policy === 'fail' &&
			life.desired(key) !== null &&
			!life.had.has(key) &&
			lease !== null &&
			!life.leases.has(lease),
	);
	return failing === undefined ? null : `${failing.name} goes on under \`fail\` although it never had it`;
}

function leaseProblem(world: World, life: Life): string | null {
	if ([...life.wanted.keys(), ...life.leaving.keys()].some((key) => life.isDenied(key))) return null;
	const { etcd } = world.server;
	const existing = etcd.leases.filter((lease) => life.leases.has(lease));
	const held = existing.reduce((sum, lease) => sum + etcd.sizeOf(lease), 0);
	const [least, most] = [leasesFor(held), Math.max(1, leasesFor(life.wanted.size))];
	return existing.length >= least && existing.length <= most
		? null
		: `${existing.length} leases for ${held} keys in etcd, ${life.wanted.size} wanted`;
}

function statusProblem(world: World, life: Life): string | null {
	const status = life.registrar.status();
	const { etcd } = world.server;
	let isReady = life.wanted.size > 0 && !life.paused;
	for (const { key, state } of status.keys) {
		const observed = etcd.get(key);
		const isOwn = observed?.lease != null && life.leases.has(observed.lease);
		if (life.desired(key) === null) continue;
		isReady &&= isOwn;
		if (isOwn !== (state === 'registered') && !life.isDenied(key)) return `tells ${key} as ${state}`;
	}
	const denied = [...life.wanted.keys()].some((key) => life.isDenied(key));
	if (denied || status.ready === isReady) return null;
	return `tells ${status.ready ? 'ready' : 'not ready'}: ${status.reason}`;
}
