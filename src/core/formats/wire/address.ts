import { instanceOf } from '../decode.js';
import { type Format, root } from '../format.js';

/**
 * The classic registrar's: `/<namespace>/<name>/<addr>` → the address, plain. Readers take every value below
 * the name as an address.
 */
export const address: Format = {
	defaultNamespace: 'ns',
	usualWeight: null,
	key: (service, namespace) => `${root('/', 'ns', namespace)}${service.name}/${service.addr}`,
	value: (service) => service.addr,
	fleetPrefix: (_service, namespace) => root('/', 'ns', namespace),
	readsPrefix: (service, namespace) => `${root('/', 'ns', namespace)}${service.name}/`,
	decode: (found) => instanceOf(found, { addr: found.text }),
	carries: [],
	problems: () => [],
};
