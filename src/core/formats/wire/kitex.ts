import { instanceOf, jsonObject, NO_OBJECT } from '../decode.js';
import { type Format, noSlash, root, sorted } from '../format.js';

/** kitex and hertz write the same value below different namespaces, both without a slash in front. */
export function cloudWeGo(name: string, namespaceDefault: string): Format {
	const folder = (service: { readonly name: string }, namespace: string | undefined): string =>
		`${root('', namespaceDefault, namespace)}${service.name}/`;
	return {
		defaultNamespace: namespaceDefault,
		usualWeight: 10,
		readersPollEverySeconds: 5,
		key: (service, namespace) => `${folder(service, namespace)}${service.addr}`,
		value: (service) => {
			const tags = Object.keys(service.metadata).length === 0 ? null : sorted(service.metadata);
			return JSON.stringify({ network: 'tcp', address: service.addr, weight: service.weight ?? 10, tags });
		},
		fleetPrefix: (_service, namespace) => root('', namespaceDefault, namespace),
		readsPrefix: folder,
		decode: (found) => {
			const info = jsonObject(found.text);
			if (info === null) return NO_OBJECT;
			const { address, tags, weight } = info;
			return instanceOf(found, {
				addr: address,
				metadata: tags,
				weight: Number(weight) > 0 ? weight : null,
				usualWeight: 10,
			});
		},
		carries: ['metadata'],
		problems: (service) => [
			...noSlash('name', service.name),
			...(service.weight !== undefined && service.weight <= 0
				? [
						{
							field: 'weight' as const,
							expected: `a weight of at least 1: ${name} reads 0 as 10`,
							mend: 'to draw no traffic, take the service out instead',
						},
					]
				: []),
		],
	};
}

export const kitex: Format = cloudWeGo('kitex', 'kitex/registry-etcd');
