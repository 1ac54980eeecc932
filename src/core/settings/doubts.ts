/** What is no mistake for sure but rarely meant: told at the start and by `check`. */
import { hostKind, parseTarget } from '../address.js';
import type { EtcdConfig, ServiceConfig } from './config.js';
import { entriesOf, PLACEHOLDER_HOST, resolvedAddr } from './entries.js';

export function doubtsOn(service: ServiceConfig, etcd: Pick<EtcdConfig, 'endpoints'>): string[] {
	const named = service.label === null ? '' : ` of ${service.label}`;
	const loopback =
		isLoopbackAt(resolvedAddr(service, PLACEHOLDER_HOST)) &&
		!etcd.endpoints.some((endpoint) => isLoopbackAt(endpoint.replace(/^https?:\/\//, '')));
	const lost = notCarried(service);
	return [
		...(loopback
			? [
					`the address${named} is ${service.host ?? service.addr}, which only this host can reach, and etcd is on another: write an address that others reach, or :port to have it found out`,
				]
			: []),
		...(lost.length > 0
			? [
					`${lost.join(', ')}${named}: no client sees ${lost.length === 1 ? 'it' : 'them'}, since ${lost.length === 1 ? 'it is' : 'they are'} not part of the format ${service.formats.join(', ')}`,
				]
			: []),
	];
}

function isLoopbackAt(addr: string): boolean {
	const parsed = parseTarget(addr);
	return 'value' in parsed && hostKind(parsed.value.host) === 'loopback';
}

/** What was given and changes nothing of what is written, found by rendering it twice. */
function notCarried(service: ServiceConfig): string[] {
	const rendered = (changes: Partial<ServiceConfig>) =>
		JSON.stringify(
			entriesOf({ ...service, ...changes }, resolvedAddr(service, PLACEHOLDER_HOST), { ttlSeconds: 1 }),
		);
	const { weight, version, metadata } = service;
	const same = (one: Partial<ServiceConfig>, other: Partial<ServiceConfig>) =>
		rendered(one) === rendered(other);
	const keys = Object.keys(metadata).filter((key) =>
		same({ metadata: { [key]: '1' } }, { metadata: { [key]: '2' } }),
	);
	return [
		...(weight !== undefined && same({ weight: 1 }, { weight: 2 }) ? ['the weight'] : []),
		...(version !== undefined && same({ version: '1' }, { version: '2' }) ? ['the version'] : []),
		...keys.map((key) => `metadata ${key}`),
	];
}
