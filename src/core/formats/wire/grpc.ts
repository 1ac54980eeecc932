import { instanceOf, jsonObject, NO_OBJECT } from '../decode.js';
import { type Format, root } from '../format.js';

/**
 * What the etcd Go client's `naming/endpoints` writes and its gRPC resolver reads (`etcd:///<name>`).
 * Metadata is always `null`: an object there crashes Go clients that balance by round_robin (etcd issue
 * 19700).
 */
export const grpc: Format = {
	defaultNamespace: null,
	usualWeight: null,
	key: (service, namespace) => `${root('', null, namespace)}${service.name}/${service.addr}`,
	value: (service) => JSON.stringify({ Op: 0, Addr: service.addr, Metadata: null }),
	fleetPrefix: (service, namespace) => root('', null, namespace) || `${service.name}/`,
	readsPrefix: (service, namespace) => `${root('', null, namespace)}${service.name}/`,
	// etcd's own Go client writes the same; readers ignore `Op`.
	decode: (found) => {
		const update = jsonObject(found.text);
		return update === null ? NO_OBJECT : instanceOf(found, { addr: update.Addr, metadata: update.Metadata });
	},
	carries: [],
	problems: () => [],
};
