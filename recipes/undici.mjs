// Requests to http://user/… go to the instances of `user` that are registered, in proportion to their weights, over undici's connection
// pools, which follow. Needs undici 7 or later.
import { discover } from 'etcd-registrar/discovery';
import { Agent, interceptors, request } from 'undici';

const endpoints = process.env.ETCD_ENDPOINTS ?? 'http://127.0.0.1:2379';
const services = new Map(['user'].map((name) => [name, discover({ endpoints, name })]));
await Promise.all([...services.values()].map((service) => service.ready()));

const record = ({ hostname }) => {
	const instance = services.get(hostname)?.pick();
	if (!instance) return null;
	return {
		address: instance.host,
		port: instance.port,
		family: instance.host.includes(':') ? 6 : 4,
		ttl: 1_000,
	};
};
export const dispatcher = new Agent().compose(
	interceptors.retry({ maxRetries: 2, minTimeout: 50 }),
	interceptors.dns({
		dualStack: false,
		lookup: (origin, _options, done) => {
			const found = record(origin);
			if (found) done(null, [found]);
			else done(new Error(`no instance of ${origin.hostname} is registered`));
		},
		pick: record,
	}),
);

const { body } = await request('http://user/', { dispatcher });
process.stdout.write(`${await body.text()}\n`);
