import { Etcd3 } from 'etcd3';
import { expect, type TestContext, test } from 'vitest';
import { type Etcd, startEtcd } from '../support/etcd.js';
import type { Stage } from '../support/stage.js';
import { until } from '../support/until.js';
import { RECONNECTED } from './row.js';
import { measureTogether } from './several.js';

/** etcd refuses when so many changes are agreed upon and not yet carried out (`maxGapBetweenApplyAndCommitIndex`). */
const BACKLOG = 5_000;
const KEYS = 100_000;
const A_TRANSACTION = 1_000;
const bytes = (text: string) => Buffer.from(text);
const every = { key: bytes('/seed/'), range_end: bytes('/seed0') };
const upTo = (count: number) => Array.from({ length: count }, (_, n) => n);

/** Counts its keys a thousand times in one transaction, again and again: changes behind it must wait, and pile up. */
class Overload {
	readonly #client: Etcd3;
	#waiting: Promise<unknown>[] = [];

	constructor(
		context: TestContext,
		private readonly etcd: Etcd,
	) {
		this.#client = new Etcd3({ hosts: etcd.endpoint });
		context.onTestFinished(() => this.#client.close());
	}

	async seed(): Promise<void> {
		for (let first = 0; first < KEYS; first += A_TRANSACTION) {
			const success = upTo(A_TRANSACTION).map((n) => ({ request_put: { key: bytes(`/seed/${first + n}`), value: bytes('x') } }));
			await this.#client.kv.txn({ success });
		}
	}

	/** Until etcd refuses. */
	async begin(): Promise<void> {
		const put = { request_put: { key: bytes('other'), value: bytes('x') } };
		const count = upTo(A_TRANSACTION - 1).map(() => ({ request_range: { ...every, count_only: true } }));
		this.#waiting = [this.#ask(this.#client.kv.txn({ success: [put, ...count] }))];
		for (const n of upTo(BACKLOG + 500)) this.#waiting.push(this.#ask(this.#client.put('other').value(n).exec()));
		await until(async () => (await this.refused('Put')) > 0);
	}

	/** Until etcd carries out changes again, and all that waited has been answered. */
	async over(): Promise<void> {
		await until(() => this.#client.put('other').value('y').exec(), { limitMs: 120_000 });
		await Promise.all(this.#waiting);
	}

	async refused(method: string): Promise<number> {
		return (await this.etcd.metrics()).sum('grpc_server_handled_total', { grpc_method: method, grpc_code: 'ResourceExhausted' });
	}

	/** What becomes of it is told by etcd's own counters. */
	#ask(call: Promise<unknown>): Promise<unknown> {
		return call.catch(() => undefined);
	}
}

test('too many requests', async (context) => {
	const etcd = await startEtcd({ args: ['--max-txn-ops', String(A_TRANSACTION)] });
	context.onTestFinished(() => etcd.kill());
	const overload = new Overload(context, etcd);
	await overload.seed();
	const act = async (stages: readonly Stage[]) => {
		for (const { registrar } of stages) registrar.signal('SIGSTOP');
		for (const { gateway } of stages.slice(0, 1)) for (const lease of await gateway.leases()) await gateway.revoke(lease);
		await overload.begin();
		for (const { registrar } of stages) registrar.signal('SIGCONT');
		await overload.over();
		return performance.now();
	};
	const name = 'etcd has too much to do: it refuses ("too many requests") while the lease is revoked';
	await measureTogether(context, { name, bound: RECONNECTED, victim: etcd, act });
	// The registrars were refused themselves, and did not only wait.
	expect(await overload.refused('LeaseGrant')).toBeGreaterThan(0);
});
