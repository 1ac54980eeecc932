import type { Stage } from './stage.js';

/**
 * A fault of the network, of etcd or of the process, that lasts. Resolves to the moment (`performance.now()`)
 * at which its cause was gone: from then on it is the registrar's turn.
 */
export interface StageFault {
	readonly name: string;
	readonly commit: (stage: Stage, lastsMs: number) => Promise<number>;
}

const wait = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

const network = (name: string, mode: 'blackhole' | 'stall' | 'refuse' | 'reset'): StageFault => ({
	name,
	commit: async ({ proxy }, lastsMs) => {
		await proxy.mode(mode);
		await wait(lastsMs);
		await proxy.mode('pass');
		return performance.now();
	},
});

export const STAGE_FAULTS: readonly StageFault[] = [
	network('the network is a black hole', 'blackhole'),
	network('the network stalls', 'stall'),
	network('connections are refused', 'refuse'),
	network('connections are reset', 'reset'),
	{
		name: 'open connections fall silent while new ones work',
		commit: async ({ proxy }) => {
			const frozenMs = performance.now();
			proxy.freezeExisting();
			return frozenMs;
		},
	},
	{
		name: 'etcd hangs (SIGSTOP)',
		commit: async ({ etcd }, lastsMs) => {
			etcd.pause();
			await wait(lastsMs);
			etcd.resume();
			return performance.now();
		},
	},
	{
		name: 'the registrar hangs (SIGSTOP)',
		commit: async ({ registrar }, lastsMs) => {
			registrar.signal('SIGSTOP');
			await wait(lastsMs);
			registrar.signal('SIGCONT');
			return performance.now();
		},
	},
	{
		name: 'etcd is killed and started again with its data',
		commit: async ({ etcd }, lastsMs) => {
			await etcd.kill();
			await wait(lastsMs);
			await etcd.start();
			return performance.now();
		},
	},
	{
		name: 'etcd is killed and started again empty',
		commit: async ({ etcd }, lastsMs) => {
			await etcd.kill();
			await wait(lastsMs);
			await etcd.wipe();
			return performance.now();
		},
	},
	{
		name: 'etcd is replaced by another, empty cluster',
		commit: async ({ etcd }, lastsMs) => {
			await etcd.kill();
			await wait(lastsMs);
			await etcd.wipe({ newCluster: true });
			return performance.now();
		},
	},
];
