/**
 * One service as it was given, by variables or by options, checked setting by setting and against its
 * formats.
 */
import type { Address } from '../address.js';
import type { ServiceConfig } from './config.js';
import { entriesOf, formatProblems, PLACEHOLDER_HOST, resolvedAddr } from './entries.js';
import type { GivenOf } from './environment/environment.js';
import type { SERVICE } from './environment/service-variables.js';
import { type Given, type Problems, take } from './problems.js';
import { type CheckConfig, type CheckTarget, type CheckTiming, ownPort } from './values/check.js';

export type ServiceGiven = GivenOf<typeof SERVICE>;
/** By key as it will be written; mistakes among them are told already. */
export type MetadataGiven = ReadonlyMap<string, Given<string>>;

/** `undefined` = name or address is missing or wrong; that is told, as is everything else that is wrong. */
export function serviceConfig(
	label: string | null,
	given: ServiceGiven,
	metadata: MetadataGiven,
	problems: Problems,
): ServiceConfig | undefined {
	const name = takeRequired(given.name, 'user', problems);
	const addr = takeRequired(given.addr, '10.0.0.5:8080', problems);
	// A host that nobody needs may be anything: POD_IP is not ours.
	const host = addr?.address.wildcard == null ? undefined : take(given.host, problems);
	const minHealthy = take(given.checkMinHealthy, problems) ?? null;
	const checkTiming: CheckTiming = {
		intervalMs: take(given.checkInterval, problems) ?? 0,
		timeoutMs: take(given.checkTimeout, problems) ?? 0,
		rise: take(given.checkRise, problems) ?? 1,
		fall: take(given.checkFall, problems) ?? 1,
		...(minHealthy !== null && { minHealthy }),
	};
	const target = take(given.check, problems);
	const rest = {
		...withoutUndefined({
			host,
			namespace: take(given.namespace, problems),
			id: take(given.id, problems),
			version: take(given.version, problems),
			weight: take(given.weight, problems),
		}),
		protocol: take(given.protocol, problems) ?? 'grpc',
		formats: take(given.format, problems) ?? [],
		metadata: Object.fromEntries([...metadata].map(([key, one]) => [key, take(one, problems) ?? ''])),
		check: checkOf(target, addr?.address, checkTiming),
		checkTiming,
	} as const;
	if (name === undefined || addr === undefined) return undefined;
	const config: ServiceConfig = { label, name, addr: addr.text, ...rest };
	const placed = resolvedAddr(config, PLACEHOLDER_HOST);
	for (const { format, problem } of formatProblems(config, placed)) {
		const about = problem.field === 'metadata' ? metadata.get(problem.key ?? '') : given[problem.field];
		if (about !== undefined)
			problems.add(about, { expected: `${problem.expected} (format ${format})`, mend: problem.mend });
	}
	if (isTooLong(config, placed))
		problems.addLine(
			`${given.name.name}: expected key and value of at most ${MAX_ENTRY_BYTES} bytes together: shorten name and metadata`,
		);
	return config;
}

/** It has no default, and without it nothing else makes sense. */
export function takeRequired<T>(given: Given<T>, example: string, problems: Problems): T | undefined {
	if (given.parsed === undefined) problems.add(given, { expected: 'one, since it is required', example });
	return take(given, problems);
}

function checkOf(
	target: CheckTarget | undefined,
	address: Address | undefined,
	timing: CheckTiming,
): CheckConfig | null {
	if (target === undefined) return null;
	return target.kind === 'port' && address !== undefined
		? ownPort(address, timing)
		: { ...target, ...timing };
}

/** Far more than anybody needs, far less than the 1.5 MiB that etcd takes in one request. */
const MAX_ENTRY_BYTES = 131_072;

function isTooLong(config: ServiceConfig, addr: string): boolean {
	const entries = entriesOf(config, addr, { ttlSeconds: 1 });
	const bytes = (text: string): number => new TextEncoder().encode(text).length;
	// A character is at most three bytes.
	return entries.some(
		({ key, value }) =>
			3 * (key.length + value.length) > MAX_ENTRY_BYTES && bytes(key + value) > MAX_ENTRY_BYTES,
	);
}

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

function withoutUndefined<T extends object>(values: T): Defined<T> {
	return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Defined<T>;
}
