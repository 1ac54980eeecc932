import { instanceOf, jsonObject, NO_OBJECT } from '../decode.js';
import { type Format, idOf, sorted } from '../format.js';
import { address } from './address.js';

/** ServerNode: the key of `address`, the node as JSON. A field that was not given is there all the same. */
export const json: Format = {
	...address,
	usualWeight: 100,
	carries: ['version', 'metadata'],
	value: (service) =>
		JSON.stringify({
			name: service.name,
			addr: service.addr,
			id: idOf(service),
			version: service.version ?? '',
			weight: service.weight ?? 100,
			metadata: sorted(service.metadata),
		}),
	decode: (found) => {
		const node = jsonObject(found.text);
		return node === null ? NO_OBJECT : instanceOf(found, { ...node, addr: node.addr, usualWeight: 100 });
	},
};
