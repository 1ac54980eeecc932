/**
 * Faults planted in the sources, each of which something has to find. `find` stands exactly once in its file.
 */
import type { Scenario } from '../scenario.js';

export interface Edit {
	/** Below `src/`. */
	readonly file: string;
	readonly find: string;
	readonly replace: string;
}

export interface Planted {
	readonly why: string;
	readonly edits: readonly Edit[];
	/** What is asked first: the simulation, the model, or a unit test. */
	readonly by: 'simulation' | 'model' | { readonly test: string };
	/** Scenarios in which it can show; left out = all. */
	readonly where?: (scenario: Scenario) => boolean;
	/** Seeds so many of which must do. */
	readonly budget?: number;
}

const edit = (file: string, find: string, replace: string): Edit => ({ file, find, replace });
const manyKeys = ({ keys }: Scenario) => keys >= 600;
const slowManyKeys = ({ keys, theme }: Scenario) => keys >= 1_300 && theme === 'slow link';
const holdersApart = ({ keys, faults }: Scenario) =>
	keys >= 100 && faults.some((fault) => fault.kind === 'foreign put' && fault.apart && fault.keys >= 40);
const denying = ({ theme }: Scenario) => theme === 'permissions';

export const PLANTED: readonly Planted[] = [
	{
		why: 'a retry timer is not cleared by a pass',
		edits: [
			edit(
				'registrar/loop/loop.ts',
				'		clearTimeout(this.#retry);\n		clearTimeout(this.#again);\n		const',
				'		const',
			),
		],
		by: 'simulation',
	},
	{
		why: 'a failed pass is tried again without any wait',
		edits: [
			edit(
				'registrar/loop/loop.ts',
				'return fullJitter(this.#attempts - 1, retryCap(intervalSeconds() * 1_000, fleetSize()), random);',
				'return 0 * (fleetSize() + intervalSeconds() + random());',
			),
		],
		by: 'simulation',
	},
	{
		why: 'a stop revokes only one of its leases',
		edits: [
			edit(
				'registrar/pass/withdraw.ts',
				'leases.alive.map(async (lease)',
				'leases.alive.slice(0, 1).map(async (lease)',
			),
		],
		by: 'simulation',
		where: manyKeys,
		budget: 60,
	},
	{
		why: 'keys that are no longer configured are remembered',
		edits: [edit('registrar/pass/memory.ts', '			this.#keys.delete(key);\n', '')],
		by: { test: 'test/registrar/pass/forgets.test.ts' },
	},
	{
		why: 'another history does not make it forget what it observed of other holders',
		edits: [edit('registrar/pass/round.ts', '		this.others.forget();\n', '')],
		by: { test: 'test/registrar/pass/forgets.test.ts' },
	},
	{
		why: 'observations of other leases are compared across raft terms',
		edits: [
			edit('core/decision/liveness.ts', "	if (now.term !== first.term) return 'unknown';\n", ''),
			edit('core/decision/liveness.ts', ' || first.term !== now.term ? now : first', ' ? now : first'),
		],
		by: 'model',
	},
	{
		why: 'a lease counts as renewed although its end has not moved',
		edits: [edit('core/decision/liveness.ts', 'moved > ROUNDING_MS', 'moved > -4 * ROUNDING_MS')],
		by: 'model',
	},
	{
		why: 'a lease counts as expired far too early',
		edits: [
			edit(
				'core/decision/liveness.ts',
				'now.remainingSeconds + 1 <= now.grantedSeconds / 3',
				'now.remainingSeconds <= now.grantedSeconds',
			),
		],
		by: 'model',
	},
	{
		why: 'a lease without an owner never counts as expired before it is gone, nor then',
		edits: [
			edit(
				'core/decision/liveness.ts',
				"if (now.remainingSeconds === null) return 'expired';",
				"if (now.remainingSeconds === null) return 'unknown';",
			),
			edit('core/decision/decide.ts', "if (liveness === 'expired') return put('foreign_lease');", ''),
		],
		by: { test: 'test/core/decision' },
	},
	{
		why: 'who had the key takes it back: two processes duel',
		edits: [edit('core/decision/decide.ts', "	if (hasOwned) return { act: 'stand by' };\n", '')],
		by: 'model',
	},
	{
		why: 'under `wait` a key is taken over',
		edits: [
			edit(
				'core/decision/decide.ts',
				"		case 'wait':\n			return { act: 'stand by' };",
				"		case 'wait':\n			return put('foreign_lease');",
			),
		],
		by: 'model',
	},
	{
		why: 'under `fail` it goes on beside a living holder',
		edits: [
			edit(
				'core/decision/decide.ts',
				"liveness === 'alive' ? 'give up' : 'stand by'",
				"liveness === 'alive' ? 'stand by' : 'stand by'",
			),
		],
		by: 'simulation',
	},
	{
		why: 'a key of another process is deleted when it is not wanted',
		edits: [
			edit(
				'core/decision/decide.ts',
				"		case 'no lease':\n		case 'a foreign lease':\n			return nothing;",
				"		case 'no lease':\n			return nothing;\n		case 'a foreign lease':\n			return { act: 'delete' };",
			),
		],
		by: 'simulation',
	},
	{
		why: 'a key on no lease counts as fine',
		edits: [edit('core/decision/decide.ts', "return put('no_lease');", 'return nothing;')],
		by: 'simulation',
	},
	{
		why: 'the lease is renewed only after a whole pass',
		edits: [
			edit(
				'registrar/loop/engine.ts',
				'random, (lease) => this.#streams.granted(lease));',
				'random, () => {});',
			),
			edit('registrar/loop/engine.ts', '			answered: () => this.#streams.answered(),\n', ''),
		],
		by: 'simulation',
		where: slowManyKeys,
		budget: 40,
	},
	{
		why: 'a lease is renewed once a TTL',
		edits: [edit('registrar/loop/keepalive.ts', '(ttlSeconds * 1_000) / 3)', 'ttlSeconds * 1_000)')],
		by: 'simulation',
	},
	{
		why: 'the keepalive goes on after the stop',
		edits: [edit('registrar/loop/streams.ts', '		this.#keepalive.stop();\n', '')],
		by: 'simulation',
	},
	{
		why: 'transactions travel one after the other',
		edits: [edit('core/batches.ts', 'const PARALLEL = 8;', 'const PARALLEL = 1;')],
		by: 'simulation',
		where: slowManyKeys,
		budget: 25,
	},
	{
		why: 'a transaction of which a guard failed counts as carried out',
		edits: [
			edit(
				'registrar/pass/write.ts',
				'const succeeded = await this.store.write(guarded, options.signal);',
				'const succeeded = (await this.store.write(guarded, options.signal)) || true;',
			),
		],
		by: { test: 'test/registrar/pass/pass.test.ts' },
	},
	{
		why: 'free keys wait until other holders were observed, one after the other',
		edits: [
			edit(
				'registrar/pass/round.ts',
				'		// Free keys come before any observation of other holders.\n		const first = this.#plan(wanted(), observed);\n',
				'		const first = this.#plan(wanted(), observed);\n		if (first.standingBy.length > 0) await this.others.observe(new Set(first.standingBy.map(({ lease }) => lease)), options.signal);\n',
			),
			edit(
				'registrar/pass/other-holders.ts',
				'				return [];\n			},\n			PARALLEL_SMALL,',
				'				return [];\n			},\n			PARALLEL_SMALL - 31,',
			),
		],
		by: 'simulation',
		where: holdersApart,
		budget: 200,
	},
	{
		why: 'a stop takes its keys away a hundred at a time, and revokes last',
		edits: [
			edit(
				'registrar/pass/withdraw.ts',
				'	let hasFailed = false;\n',
				'	let hasFailed = false;\n	const all = [...wanted.keys()];\n	for (let at = 0; at < all.length; at += 100) await pass.run(() => new Map(all.map((key, n) => [key, n < at + 100 ? null : (wanted.get(key) ?? null)])), { signal });\n',
			),
		],
		by: 'simulation',
		where: slowManyKeys,
		budget: 60,
	},
	{
		why: 'a put is sent after the stop began',
		edits: [
			edit('registrar/pass/write.ts', '		if (hasPut) this.leases.assertOpen();\n', ''),
			edit('registrar/pass/leases.ts', '		this.#isOver = true;\n', ''),
		],
		by: 'simulation',
	},
	{
		why: 'what was withdrawn while it waited is put all the same',
		edits: [
			edit(
				'registrar/pass/write.ts',
				"write.op === 'delete' || wanted.get(write.key) === write.value",
				"write.op === 'delete' || wanted.get(write.key) !== 'never'",
			),
		],
		by: 'simulation',
		budget: 2_000,
	},
	{
		why: 'a missing key makes it change its lease although its siblings still hang on it',
		edits: [
			edit(
				'registrar/pass/plan.ts',
				'.filter((lease) => !holding.has(lease) && !holdsUnobserved(lease))',
				'',
			),
		],
		by: 'simulation',
	},
	{
		why: 'a former lease is revoked without a read',
		edits: [edit('registrar/pass/pass.ts', '			if (inUse.has(lease) || unseen.has(lease)) return;\n', '')],
		by: 'simulation',
		budget: 2_000,
	},
	{
		why: 'a former lease is never revoked',
		edits: [edit('registrar/pass/pass.ts', '		await this.#revokeFormer(seen, options.signal);\n', '')],
		by: 'simulation',
	},
	{
		why: 'refused keys are tried again in each pass',
		edits: [
			edit(
				'registrar/loop/engine.ts',
				'const retryRefused = nowMs - this.#retriedMs >= RETRY_INTERVALS * this.intervalSeconds * 1_000;',
				'const retryRefused = nowMs - this.#retriedMs >= 0 * RETRY_INTERVALS;',
			),
		],
		by: 'simulation',
		where: ({ theme, denied, deniedAtFirst, keys }) =>
			theme !== 'slow link' && denied.length + deniedAtFirst.length > 15 && keys <= 140,
		budget: 150,
	},
	{
		why: 'always the same refused keys are tried again',
		edits: [
			edit(
				'registrar/pass/memory.ts',
				'.sort((a, b) => triedMs(a) - triedMs(b))',
				'.filter((key) => triedMs(key) >= 0)',
			),
		],
		by: 'simulation',
		where: ({ denied, deniedAtFirst, keys }) =>
			denied.length + deniedAtFirst.length > 160 && deniedAtFirst.length > 20 && keys <= 1_300,
		budget: 40,
	},
	{
		why: 'a refused key is never tried again',
		edits: [
			edit(
				'registrar/loop/engine.ts',
				'services: subject.groups(), signal }',
				'services: subject.groups(), signal, retryRefused: false }',
			),
		],
		by: 'simulation',
		where: denying,
	},
	{
		why: 'one refused key makes the whole pass fail',
		edits: [
			edit(
				'core/batches.ts',
				"return error.code === 'permission-denied' || error.code === 'too-large' ? error.code : null;",
				"return error.code === 'too-large' ? error.code : null;",
			),
		],
		by: 'simulation',
		where: denying,
	},
	{
		why: 'what is too large is not halved',
		edits: [
			edit(
				'core/batches.ts',
				"return error.code === 'permission-denied' || error.code === 'too-large' ? error.code : null;",
				"return error.code === 'permission-denied' ? error.code : null;",
			),
		],
		by: 'simulation',
		where: ({ theme }) => theme === 'sizes',
	},
	{
		why: 'one lease for all keys',
		edits: [
			edit(
				'registrar/pass/lease-groups.ts',
				'export const KEYS_PER_LEASE = 500;',
				'export const KEYS_PER_LEASE = 5_000;',
			),
		],
		by: 'simulation',
		where: manyKeys,
		budget: 20,
	},
	{
		why: 'a grant whose answer was lost is repeated under another ID',
		edits: [
			edit(
				'registrar/pass/leases.ts',
				'const id = askedBefore ?? this.#ids.next();',
				'const id = this.#ids.next();',
			),
		],
		by: 'simulation',
		budget: 2_000,
	},
	{
		why: 'the interval stays the TTL that was asked for',
		edits: [
			edit(
				'registrar/pass/leases.ts',
				'			this.#intervalSeconds = ttlSeconds;\n			this.granted(lease);',
				'			this.granted(lease);',
			),
		],
		by: 'simulation',
	},
	{
		why: 'it says registered however long ago that was seen',
		edits: [
			edit(
				'registrar/status.ts',
				"isFresh ? 'registered' : 'unverified'",
				"isFresh ? 'registered' : 'registered'",
			),
		],
		by: 'simulation',
	},
	{
		why: 'only the first hundred keys are watched',
		edits: [
			edit(
				'registrar/loop/watch.ts',
				'const keys = [...services].flat();',
				'const keys = [...services].flat().slice(0, 100);',
			),
		],
		by: 'simulation',
		where: ({ keys, ttlSeconds }) => keys > 250 && ttlSeconds >= 5,
		budget: 60,
	},
	{
		why: 'a service that moves goes before it stands at its new place',
		edits: [
			edit(
				'registrar/services/handover.ts',
				'return successor.entries.every(({ key }) => verified(key));',
				'return successor.entries.every(({ key }) => verified(key) || true);',
			),
		],
		by: 'simulation',
		where: ({ faults }) => faults.some(({ kind }) => kind === 'move'),
		budget: 4000,
	},
];
