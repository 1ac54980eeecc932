import { instanceOf, isJsonObject, jsonObject, NO_OBJECT, OTHER_SERVICE, without } from '../decode.js';
import { type Format, idOf, onlyBelow, root, sorted } from '../format.js';

const OWN_METADATA = ['protocol', 'registry', 'server', 'transport'] as const;
const NAMESPACE = 'micro/registry';

/** A slash in name or id becomes a hyphen in the key, as go-micro's own writer does; the value keeps it. */
const part = (text: string): string => text.replaceAll('/', '-');
const folder = (name: string, namespace: string | undefined): string =>
	`${root('/', NAMESPACE, namespace)}${part(name)}/`;

/**
 * go-micro v4 to v6, `registry/etcd`. Exactly one node; its client only asks whether `metadata.protocol` is
 * empty, and then takes its legacy codecs. Its prefix cannot be changed.
 */
export const goMicro: Format = {
	defaultNamespace: NAMESPACE,
	usualWeight: null,
	key: (service, namespace) => `${folder(service.name, namespace)}${part(idOf(service))}`,
	value: (service) => {
		const protocol = service.protocol.replace(/s$/, '');
		const metadata = sorted({
			...service.metadata,
			protocol,
			registry: 'etcd',
			server: protocol,
			transport: protocol,
		});
		const nodes = [{ metadata, id: idOf(service), address: service.addr }];
		return JSON.stringify({
			name: service.name,
			version: service.version ?? 'latest',
			metadata: null,
			endpoints: [],
			nodes,
		});
	},
	fleetPrefix: (_service, namespace) => root('/', NAMESPACE, namespace),
	readsPrefix: (service, namespace) => folder(service.name, namespace),
	decode: (found) => {
		const service = jsonObject(found.text);
		if (service === null) return NO_OBJECT;
		if (service.name !== found.name) return OTHER_SERVICE;
		const nodes: readonly unknown[] = Array.isArray(service.nodes) ? service.nodes : [];
		const [node] = nodes;
		if (nodes.length !== 1 || !isJsonObject(node)) return { reason: 'it does not have exactly one node' };
		const metadata = isJsonObject(node.metadata) ? node.metadata : {};
		return instanceOf(found, {
			...{ addr: node.address, id: node.id, version: service.version, protocol: metadata.protocol },
			metadata: without(metadata, OWN_METADATA),
		});
	},
	carries: ['version', 'metadata'],
	problems: (service, namespace) => [
		...onlyBelow(NAMESPACE, 'go-micro', namespace),
		...OWN_METADATA.filter((key) => Object.hasOwn(service.metadata, key)).map((key) => ({
			field: 'metadata' as const,
			key,
			expected: `no metadata "${key}": go-micro keeps a value of its own there`,
			mend: 'choose another key (the protocol is set by the service’s protocol)',
		})),
	],
};
