import { afterAll, afterEach, beforeAll } from 'vitest';
import type { Store } from '../../../src/registrar/ports.js';
import { contractOfKeys } from './contract/keys.js';
import type { Clients, ContractStage } from './contract/kit.js';
import { contractOfLeases } from './contract/leases.js';
import { contractOfPermissions } from './contract/permissions.js';
import { contractOfStopping } from './contract/stopping.js';
import { contractOfStreams } from './contract/streams.js';

/** What every `Store` does, one suite for all of them. Registers its tests in the file that calls it. */
export function storeContract(open: () => Promise<ContractStage> | ContractStage): void {
	let stage: ContractStage;
	const stores: Store[] = [];
	const kept = (store: Store): Store => {
		stores.push(store);
		return store;
	};
	const read = async (store: Store, key: string): Promise<Store> => {
		await store.read([key]);
		return store;
	};
	const clients: Clients = {
		connect: () => read(kept(stage.connect()), '/contract/nothing'),
		untouched: () => kept(stage.connect()),
		connectAs: async (rights) => read(kept(await stage.connectAs(rights)), rights.allowed[0] ?? ''),
		manner: () => stage.manner,
		putLarge: (...large) => stage.putLarge(...large),
	};

	beforeAll(async () => {
		stage = await open();
	});
	afterEach(() => {
		for (const store of stores.splice(0)) store.close();
	});
	afterAll(() => stage.stop());

	contractOfKeys(clients);
	contractOfLeases(clients);
	contractOfPermissions(clients);
	contractOfStopping(clients);
	contractOfStreams(clients);
}
