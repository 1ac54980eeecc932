import type { Stage } from './stage.js';

/** What others do to a key in etcd, each done when it resolves. */
export const KEY_FAULTS: readonly {
	readonly name: string;
	readonly commit: (stage: Pick<Stage, 'gateway' | 'registrar'>) => Promise<void>;
}[] = [
	{ name: 'the key is deleted', commit: ({ gateway, registrar }) => gateway.delete(registrar.key) },
	{
		name: 'the lease is revoked',
		commit: async ({ gateway, registrar }) => {
			const seen = await gateway.get(registrar.key);
			if (seen?.lease) await gateway.revoke(seen.lease);
		},
	},
	{
		name: 'the value is overwritten under the same lease',
		commit: async ({ gateway, registrar }) => {
			const seen = await gateway.get(registrar.key);
			await gateway.put(registrar.key, 'elsewhere:1', seen?.lease ?? '0');
		},
	},
	{
		name: 'the same value is put without a lease',
		commit: ({ gateway, registrar }) => gateway.put(registrar.key, registrar.value),
	},
	{
		name: 'another value is put without a lease',
		commit: ({ gateway, registrar }) => gateway.put(registrar.key, 'elsewhere:1'),
	},
	{
		name: 'the key is deleted ten times',
		commit: async ({ gateway, registrar }) => {
			for (let times = 0; times < 10; times += 1) {
				await gateway.delete(registrar.key);
				await new Promise((resolve) => setTimeout(resolve, 50));
			}
		},
	},
];
