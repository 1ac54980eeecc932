import type { TestContext } from 'vitest';
import type { Etcd } from '../support/etcd/etcd.js';
import { Gateway } from '../support/etcd/gateway.js';
import { startProxy } from '../support/network/proxy.js';
import { startRegistrar } from '../support/process/registrar.js';
import { end, observe, type Stage } from '../support/stage/stage.js';
import { type Measured, measure, TTL_SECONDS } from './measure.js';

export interface Together extends Pick<Measured, 'name' | 'bound' | 'runs'> {
	/** The first endpoint of all of them, behind a proxy each: so it is the one in use. */
	readonly victim: Etcd;
	/** The further endpoints. @defaultValue none */
	readonly others?: readonly Etcd[];
	/** Where the key is observed. @defaultValue the victim */
	readonly eye?: Etcd;
	/** Commits the fault; resolves to the moment at which its cause was gone. */
	readonly act: (stages: readonly Stage[]) => Promise<number>;
}

/** One fault for several registrars at once, each with a key of its own, at one etcd or cluster. */
export async function measureTogether(
	context: TestContext,
	{ victim, others = [], eye = victim, act, ...what }: Together,
): Promise<void> {
	let done: Promise<number> | null = null;
	let stages: readonly Stage[] = [];
	await measure(context, {
		...what,
		open: async (_, runs) => {
			stages = await openSeveral(context, runs, victim, others, eye);
			return stages;
		},
		commit: () => {
			done ??= act(stages);
			return done;
		},
	});
}

async function openSeveral(
	context: TestContext,
	runs: number,
	victim: Etcd,
	others: readonly Etcd[],
	eye: Etcd,
): Promise<Stage[]> {
	const stages: Stage[] = [];
	for (let run = 0; run < runs; run += 1) {
		const proxy = await startProxy(victim.endpoint);
		context.onTestFinished(() => proxy.close());
		const endpoints = [proxy, ...others].map(({ endpoint }) => endpoint).join(';');
		const registrar = startRegistrar(endpoints, {
			ttlSeconds: TTL_SECONDS,
			env: { SERVICE_ADDR: `10.0.0.${run + 1}:8080` },
		});
		context.onTestFinished(async () => {
			registrar.signal('SIGTERM');
			await registrar.waitExit({ limitMs: 10_000 }).catch(() => undefined);
			await end(registrar);
		});
		const gateway = new Gateway(eye.endpoint);
		const timeline = observe(context, gateway, registrar);
		await timeline.right();
		stages.push({ etcd: victim, gateway, registrar, timeline, ttlMs: TTL_SECONDS * 1_000, proxy });
	}
	return stages;
}
