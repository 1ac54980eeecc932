import type { Service } from '../../registration.js';
import { instanceOf } from '../decode.js';
import { type Format, idOf, noSlash, root } from '../format.js';

const instance = (service: Service): string =>
	service.id === undefined ? idOf(service) : `${service.id}/${service.addr}`;

/**
 * go-zero `discov`: `<name>/<id>/<addr>` → the address, plain; `<name>/<id>` where the id is made of the
 * address. Its own writer puts the lease's id there; no reader parses it. The address belongs into the key:
 * its readers keep the old address, or lose the instance, when the value under a key changes.
 */
export const goZero: Format = {
	defaultNamespace: null,
	usualWeight: null,
	key: (service, namespace) => `${root('', null, namespace)}${service.name}/${instance(service)}`,
	value: (service) => service.addr,
	fleetPrefix: (service, namespace) => root('', null, namespace) || `${service.name}/`,
	readsPrefix: (service, namespace) => `${root('', null, namespace)}${service.name}/`,
	decode: (found) => instanceOf(found, { addr: found.text, id: found.below.split('/')[0] }),
	carries: [],
	problems: (service) => noSlash('id', service.id),
};
