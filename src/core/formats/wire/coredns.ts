import { formatAddress, parseAddress } from '../../address.js';
import type { Service } from '../../registration.js';
import { instanceOf, jsonObject, NO_OBJECT } from '../decode.js';
import { type Format, type FormatProblem, idOf, root } from '../format.js';

/** Underscores too: SRV names begin with them. */
const LABEL = /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/;

/** CoreDNS asks etcd in lower case, whatever the client asked. */
const leaf = (service: Service): string => idOf(service).toLowerCase();
const folder = (service: Service, namespace: string | undefined): string =>
	`${root('/', 'skydns', namespace)}${service.name.toLowerCase().split('.').reverse().join('/')}/`;

/**
 * The CoreDNS etcd plugin (SkyDNS): `/skydns/` + the labels of the DNS name reversed + a leaf. `ttl` is
 * always written, else answers outlive the lease by far. No `targetstrip`: with it two instances give one SRV
 * record. A question for a name answers with everything below it.
 */
export const coredns: Format = {
	defaultNamespace: 'skydns',
	usualWeight: 100,
	// Its cache keeps an answer at least so long.
	readersPollEverySeconds: 5,
	key: (service, namespace) => `${folder(service, namespace)}${leaf(service)}`,
	value: (service, { ttlSeconds }) => {
		const address = parseAddress(service.addr);
		if (!('value' in address)) throw new TypeError(`not an address: ${service.addr}`);
		const weight = service.weight === undefined ? {} : { weight: service.weight };
		return JSON.stringify({
			host: address.value.host,
			port: address.value.port,
			priority: 10,
			...weight,
			ttl: ttlSeconds,
		});
	},
	fleetPrefix: (_service, namespace) => root('/', 'skydns', namespace),
	readsPrefix: folder,
	decode: (found) => {
		const record = jsonObject(found.text);
		if (record === null) return NO_OBJECT;
		const { host, port, weight } = record;
		if (typeof host !== 'string' || typeof port !== 'number') return { reason: 'it has no host and port' };
		return instanceOf(found, { addr: formatAddress(host, port), weight: weight === 0 ? null : weight });
	},
	carries: [],
	problems: (service) => [
		...nameProblems(service.name),
		...leafProblems(service),
		...weightProblems(service.weight),
	],
};

function nameProblems(name: string): readonly FormatProblem[] {
	if (
		name.length <= 253 &&
		name
			.toLowerCase()
			.split('.')
			.every((label) => LABEL.test(label))
	)
		return [];
	return [
		{
			field: 'name',
			expected: 'a DNS name: labels of letters, digits and hyphens with dots between',
			mend: 'write it like user.prod.example.org',
		},
	];
}

function leafProblems(service: Service): readonly FormatProblem[] {
	if (LABEL.test(leaf(service)) || (service.id === undefined && nameProblems(service.name).length > 0))
		return [];
	const what =
		service.id === undefined ? `, but the one made of name and address is not: ${leaf(service)}` : '';
	return [
		{
			field: 'id',
			expected: `an id that is one DNS label (letters, digits, hyphens, at most 63)${what}`,
			mend: 'give a short one like user-1',
		},
	];
}

function weightProblems(weight: number | undefined): readonly FormatProblem[] {
	if (weight === undefined || weight > 0) return [];
	return [
		{
			field: 'weight',
			expected: 'a weight of at least 1: CoreDNS reads 0 as 100',
			mend: 'to draw no traffic, take the service out instead',
		},
	];
}
