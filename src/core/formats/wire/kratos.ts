import { instanceOf, jsonObject, NO_OBJECT, OTHER_SERVICE, textsOf, without } from '../decode.js';
import { type Format, idOf, noSlash, root, sorted } from '../format.js';

/**
 * go-kratos v2 and v3, `registry/etcd`. Its reader's prefix has no slash at the end and one value that does
 * not parse fails the whole look-up, so nothing else may stand below it; what parses is filtered by name.
 */
export const kratos: Format = {
	defaultNamespace: 'microservices',
	usualWeight: 100,
	key: (service, namespace) => `${root('/', 'microservices', namespace)}${service.name}/${idOf(service)}`,
	value: (service) =>
		JSON.stringify({
			id: idOf(service),
			name: service.name,
			version: service.version ?? '',
			metadata: sorted({
				...service.metadata,
				...(service.weight === undefined ? {} : { weight: String(service.weight) }),
			}),
			endpoints: [`${service.protocol}://${service.addr}`],
		}),
	fleetPrefix: (_service, namespace) => root('/', 'microservices', namespace),
	readsPrefix: (service, namespace) => `${root('/', 'microservices', namespace)}${service.name}`,
	filtersByName: true,
	decode: (found) => {
		const instance = jsonObject(found.text);
		if (instance === null) return NO_OBJECT;
		if (instance.name !== found.name) return OTHER_SERVICE;
		const [endpoint] = Array.isArray(instance.endpoints) ? instance.endpoints : [];
		const [, protocol, addr] = /^([a-z]+):\/\/([^/?#]*)/.exec(String(endpoint)) ?? [];
		const { weight = '' } = textsOf(instance.metadata);
		return instanceOf(found, {
			...{ addr, protocol, id: instance.id, version: instance.version },
			weight: /^\d+$/.test(weight) ? Number(weight) : null,
			metadata: without(instance.metadata, ['weight']),
		});
	},
	carries: ['version', 'metadata'],
	problems: (service) => [
		...noSlash('name', service.name),
		...noSlash('id', service.id),
		...(service.weight !== undefined && Object.hasOwn(service.metadata, 'weight')
			? [
					{
						field: 'metadata' as const,
						key: 'weight',
						expected: 'no metadata "weight" beside a weight: kratos keeps the weight there',
						mend: 'give one of the two',
					},
				]
			: []),
	],
};
