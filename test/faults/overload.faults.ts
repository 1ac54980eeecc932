import { Etcd3 } from 'etcd3';
import { type TestContext, test } from 'vitest';
import { type Etcd, startEtcd } from '../support/etcd/etcd.js';
import { startRegistrar } from '../support/process/registrar.js';
import { end, type Stage } from '../support/stage/stage.js';
import { until } from '../support/until.js';
import { RECONNECTED } from './row.js';
import { measureTogether } from './several.js';

/**
 * etcd refuses when so many changes are agreed upon and not yet carried out
 * (`maxGapBetweenApplyAndCommitIndex`).
 */
const BACKLOG = 5_000;
const KEYS = 100_000;
const A_TRANSACTION = 1_000;
/** Of all keys, in one transaction: more than ten seconds, in which etcd carries out nothing else. */
const COUNTS = 1_200;
const bytes = (text: string) => Buffer.from(text);
const every = { key: bytes('/seed/'), range_end: bytes('/seed0') };
const upTo = (count: number) => Array.from({ length: count }, (_, n) => n);

/** Lets etcd count its keys again and again within one change: the changes behind it wait, and pile up. */
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
			const success = upTo(A_TRANSACTION).map((n) => ({
				request_put: { key: bytes(`/seed/${first + n}`), value: bytes('x') },
			}));
			await this.#client.kv.txn({ success });
		}
	}

	/** Until etcd refuses. */
	async begin(): Promise<void> {
		const put = { request_put: { key: bytes('other'), value: bytes('x') } };
		const count = upTo(COUNTS).map(() => ({ request_range: { ...every, count_only: true } }));
		const pending = async () => (await this.etcd.metrics()).sum('etcd_server_proposals_pending');
		this.#waiting = [this.#ask(this.#client.kv.txn({ success: [put, ...count] }))];
		await until(async () => (await pending()) > 0);
		for (const n of upTo(BACKLOG + 500))
			this.#waiting.push(this.#ask(this.#client.kv.put({ key: bytes('other'), value: bytes(String(n)) })));
		await until(async () => (await this.refused('Put')) > 0);
	}

	/**
	 * Resolves to the moment from which etcd carries out changes again, when all that waited has been answered.
	 */
	async over(): Promise<number> {
		await until(() => this.#client.put('other').value('y').exec(), { limitMs: 120_000 });
		const overMs = performance.now();
		await Promise.all(this.#waiting);
		return overMs;
	}

	/** How many calls it refused so far. 3.4 forgets to give the refusal a number of its own. */
	async refused(method: string): Promise<number> {
		const metrics = await this.etcd.metrics();
		const count = (code: string) =>
			metrics.sum('grpc_server_handled_total', { grpc_method: method, grpc_code: code });
		return count('ResourceExhausted') + count('Unknown');
	}

	/** What becomes of it is told by etcd's own counters. */
	#ask(call: Promise<unknown>): Promise<unknown> {
		return call.catch(() => undefined);
	}
}

test('too many requests', async (context) => {
	const etcd = await startEtcd({ args: ['--max-txn-ops', String(2 * COUNTS)] });
	context.onTestFinished(() => etcd.kill());
	const overload = new Overload(context, etcd);
	await overload.seed();
	const act = async (stages: readonly Stage[]) => {
		for (const { registrar } of stages) registrar.signal('SIGSTOP');
		for (const { gateway } of stages.slice(0, 1))
			for (const lease of await gateway.leases()) await gateway.revoke(lease);
		await overload.begin();
		for (const { registrar } of stages) registrar.signal('SIGCONT');
		// Those wait for an answer to their read; who only now starts asks for a lease beside it, and is refused.
		const newcomer = startRegistrar(etcd.endpoint, { env: { SERVICE_ADDR: '10.0.0.9:8080' } });
		context.onTestFinished(() => end(newcomer));
		await until(async () => (await overload.refused('LeaseGrant')) > 0);
		const overMs = await overload.over();
		await newcomer.registered();
		return overMs;
	};
	const name = 'etcd has too much to do: it refuses ("too many requests") while the lease is revoked';
	await measureTogether(context, { name, bound: RECONNECTED, victim: etcd, act });
});
