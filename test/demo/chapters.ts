import { KEY, kill, type Track, TTL_SECONDS, VALUE } from './track.js';

const TTL_MS = TTL_SECONDS * 1_000;
const wait = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/**
 * One fault: commits it and resolves when its cause is gone; after that the chapter watches on for `watchMs`.
 */
export interface Chapter {
	readonly title: string;
	readonly watchMs: number;
	readonly commit: (track: Track) => Promise<void>;
}

export const CHAPTERS: readonly Chapter[] = [
	{ title: 'somebody deletes the key', watchMs: 4_000, commit: ({ gateway }) => gateway.delete(KEY) },
	{
		title: 'somebody revokes the lease',
		watchMs: 4_000,
		commit: async ({ gateway }) => {
			const seen = await gateway.get(KEY);
			if (seen?.lease) await gateway.revoke(seen.lease);
		},
	},
	{
		title: 'somebody writes another value, on no lease',
		watchMs: 5_000,
		commit: ({ gateway }) => gateway.put(KEY, 'elsewhere:1'),
	},
	{
		title: 'somebody writes the same value, on no lease',
		watchMs: 5_000,
		commit: ({ gateway }) => gateway.put(KEY, VALUE),
	},
	{
		title: 'the program is killed and started again at once',
		watchMs: 5_000,
		commit: async (track) => {
			await kill(track.process);
			track.process = track.start();
		},
	},
	{
		title: 'etcd is killed and comes back empty',
		watchMs: 5_000,
		commit: async ({ etcd }) => {
			await etcd.wipe();
		},
	},
	{
		title: 'connections are refused for two TTLs',
		watchMs: 5_000,
		commit: async ({ proxy }) => {
			await proxy.mode('refuse');
			await wait(2 * TTL_MS);
			await proxy.mode('pass');
		},
	},
	{
		title: 'etcd hangs for two TTLs',
		watchMs: 6_000,
		commit: async ({ etcd }) => {
			etcd.pause();
			await wait(2 * TTL_MS);
			etcd.resume();
		},
	},
	{
		title: 'the network is silent for three TTLs: connections stay open, bytes vanish',
		watchMs: 6_000,
		commit: async ({ proxy }) => {
			await proxy.mode('blackhole');
			await wait(3 * TTL_MS);
			await proxy.mode('pass');
		},
	},
];
