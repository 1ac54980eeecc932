import { instanceOf } from './decode.js';
import { type Format, idOf, noSlash, root } from './format.js';

/** go-zero `discov`: `<name>/<id>` → the address, plain. Its own writer puts the lease's id there; no reader parses it. */
export const goZero: Format = {
	defaultNamespace: null,
	usualWeight: null,
	key: (service, namespace) => `${root('', null, namespace)}${service.name}/${idOf(service)}`,
	value: (service) => service.addr,
	fleetPrefix: (service, namespace) => root('', null, namespace) || `${service.name}/`,
	readsPrefix: (service, namespace) => `${root('', null, namespace)}${service.name}/`,
	decode: (found) => instanceOf(found, { addr: found.text, id: found.below.split('/')[0] }),
	problems: (service) => noSlash('id', service.id),
};
