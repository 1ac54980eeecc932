import { monotonicClock } from '../../../src/adapters/clock.js';
import { EtcdStore } from '../../../src/adapters/etcd/store.js';
import { startEtcd } from '../../support/etcd.js';
import { storeContract } from '../../support/store-contract.js';

const silent = { debug() {}, info() {}, warn() {}, error() {} };

storeContract(async () => {
	const etcd = await startEtcd();
	const options = { endpoints: [etcd.endpoint], auth: null, tls: null, callTimeoutMs: 2_000, dialTimeoutMs: 15_000, authRetryMs: 5_000 };
	return { connect: () => new EtcdStore(options, monotonicClock, silent), stop: () => etcd.stop() };
});
