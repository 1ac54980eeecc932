import { expect, type TestContext } from 'vitest';
import { type Etcd, startEtcd } from '../etcd/etcd.js';
import type { EtcdOptions } from '../etcd/etcd-args.js';
import { Gateway } from '../etcd/gateway.js';
import { startProxy, type TcpProxy } from '../network/proxy.js';
import { cpuNanoseconds } from '../process/proc.js';
import { type RegistrarOptions, type RunningRegistrar, startRegistrar } from '../process/registrar.js';
import { Timeline } from './timeline.js';

/** An etcd, a proxy before it, the real command behind the proxy, and an eye on the key past both. */
export interface Stage {
	readonly etcd: Etcd;
	readonly gateway: Gateway;
	readonly proxy: TcpProxy;
	readonly registrar: RunningRegistrar;
	readonly timeline: Timeline;
	readonly ttlMs: number;
}

export interface StageOptions extends RegistrarOptions {
	readonly etcd?: EtcdOptions;
	/** The endpoints for the command; `proxy` is the one before etcd. @defaultValue that proxy alone */
	readonly endpoints?: (proxy: TcpProxy, etcd: Etcd) => string;
}

/** What ends with a test: of the test's own context, since tests run beside each other. */
export type Ending = Pick<TestContext, 'onTestFinished'>;

/** Everything of it ends with the test. Resolves once the key is right. */
export async function startStage(
	test: Ending,
	{ etcd: etcdOptions, endpoints = ({ endpoint }) => endpoint, ...options }: StageOptions = {},
): Promise<Stage> {
	const etcd = await startEtcd(etcdOptions);
	test.onTestFinished(() => etcd.kill());
	const proxy = await startProxy(etcd.endpoint);
	test.onTestFinished(() => proxy.close());
	const gateway = new Gateway(etcd.endpoint);
	const registrar = startRegistrar(endpoints(proxy, etcd), options);
	test.onTestFinished(() => end(registrar));
	const timeline = observe(test, gateway, registrar);
	await timeline.right();
	return { etcd, gateway, proxy, registrar, timeline, ttlMs: (options.ttlSeconds ?? 2) * 1_000 };
}

/** The key is right when it has the value of this registrar under a lease of its own. */
export function observe(
	test: Ending,
	gateway: Gateway,
	registrar: Pick<RunningRegistrar, 'key' | 'value' | 'isOurs'>,
): Timeline {
	const timeline = new Timeline(
		gateway,
		registrar.key,
		({ value, lease }) => value === registrar.value && registrar.isOurs(lease),
	);
	test.onTestFinished(async () => {
		await timeline.stop();
		gateway.close();
	});
	return timeline;
}

/** Kills it wherever it stands. */
export async function end(registrar: RunningRegistrar): Promise<void> {
	try {
		registrar.signal('SIGKILL');
	} catch {
		// It has ended already.
	}
	await registrar.waitExit();
}

/**
 * Milliseconds from `fromMs` until the key was right for good, known when one and a half TTLs more have
 * passed.
 */
export async function rightForGood({ timeline, ttlMs }: Stage, fromMs: number): Promise<number> {
	await timeline.right();
	await new Promise((resolve) => setTimeout(resolve, 1.5 * ttlMs));
	// At the next read that etcd answers: one without an answer tells nothing.
	await timeline.right();
	return timeline.rightForGoodAfter(fromMs);
}

/**
 * What must hold after every fault: one lease of ours in etcd, the process alive and at rest, its log free of
 * floods and of anything that the log did not write.
 */
export async function expectRest({
	gateway,
	registrar,
}: Pick<Stage, 'gateway' | 'registrar'>): Promise<void> {
	expect((await gateway.leases()).filter((lease) => registrar.isOurs(lease))).toHaveLength(1);
	expectQuietLog(registrar);
	const before = cpuNanoseconds(registrar.pid);
	await new Promise((resolve) => setTimeout(resolve, 3_000));
	const percent = (cpuNanoseconds(registrar.pid) - before) / 3e7;
	// A program that spins uses a whole core. V8 that cleans up and winston that is loaded once, both on a busy
	// machine, stay far below this.
	expect(percent).toBeLessThan(20);
}

/** Every line is of the log, and none came twice within a second. */
export function expectQuietLog(registrar: RunningRegistrar): void {
	const lines = registrar.stderr.split('\n').filter((line) => line !== '');
	expect(lines.filter((line) => !line.startsWith('{'))).toEqual([]);
	const last = new Map<string, number>();
	const floods: string[] = [];
	for (const { time, message, key, reason } of registrar.logs()) {
		const kind = `${message} ${key ?? ''} ${reason ?? ''}`;
		const atMs = Date.parse(String(time));
		if (atMs - (last.get(kind) ?? Number.NEGATIVE_INFINITY) < 950) floods.push(kind);
		last.set(kind, atMs);
	}
	expect(floods).toEqual([]);
}
