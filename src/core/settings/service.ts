/**
 * One service as it was given, by variables or by options, checked setting by setting and against its
 * formats.
 */
import type { Address } from '../address.js';
import { type CheckConfig, type CheckTarget, type CheckTiming, ownPort } from './check.js';
import type { ServiceConfig } from './config.js';
import { entriesOf, formatProblems, PLACEHOLDER_HOST, resolvedAddr } from './entries.js';
import { type Given, type Problems, take } from './problems.js';
import { SERVICE } from './variables.js';

export type ServiceField = keyof typeof SERVICE;

export interface ServiceSource {
	readonly label: string | null;
	look(field: ServiceField): Given;
	/** By key as it will be written; mistakes among them are told already. */
	readonly metadata: ReadonlyMap<string, Given>;
}

/** `undefined` = name or address is missing or wrong; that is told, as is everything else that is wrong. */
export function readService(
	{ label, look, metadata }: ServiceSource,
	problems: Problems,
): ServiceConfig | undefined {
	const name = required(look('name'), take(look('name'), SERVICE.name, problems), 'user', problems);
	const addr = required(look('addr'), take(look('addr'), SERVICE.addr, problems), '10.0.0.5:8080', problems);
	// A host that nobody needs may be anything: POD_IP is not ours.
	const host = addr?.address.wildcard == null ? undefined : take(look('host'), SERVICE.host, problems);
	const minHealthy = take(look('checkMinHealthy'), SERVICE.checkMinHealthy, problems) ?? null;
	const checkTiming: CheckTiming = {
		intervalMs: take(look('checkInterval'), SERVICE.checkInterval, problems) ?? 0,
		timeoutMs: take(look('checkTimeout'), SERVICE.checkTimeout, problems) ?? 0,
		rise: take(look('checkRise'), SERVICE.checkRise, problems) ?? 1,
		fall: take(look('checkFall'), SERVICE.checkFall, problems) ?? 1,
		...(minHealthy !== null && { minHealthy }),
	};
	const target = take(look('check'), SERVICE.check, problems);
	const check = checkOf(target, addr?.address, checkTiming);
	const rest = {
		...withoutUndefined({
			host,
			namespace: take(look('namespace'), SERVICE.namespace, problems),
			id: take(look('id'), SERVICE.id, problems),
			version: take(look('version'), SERVICE.version, problems),
			weight: take(look('weight'), SERVICE.weight, problems),
		}),
		protocol: take(look('protocol'), SERVICE.protocol, problems) ?? 'grpc',
		formats: take(look('format'), SERVICE.format, problems) ?? [],
		metadata: Object.fromEntries([...metadata].map(([key, given]) => [key, given.text ?? ''])),
		check,
		checkTiming,
	} as const;
	if (name === undefined || addr === undefined) return undefined;
	const config: ServiceConfig = { label, name, addr: addr.text, ...rest };
	for (const { format, problem } of formatProblems(config, resolvedAddr(config, PLACEHOLDER_HOST))) {
		const given = problem.field === 'metadata' ? metadata.get(problem.key ?? '') : look(problem.field);
		if (given !== undefined)
			problems.add(given, { expected: `${problem.expected} (format ${format})`, mend: problem.mend });
	}
	if (isTooLong(config))
		problems.addLine(
			`${look('name').name}: expected key and value of at most ${MAX_ENTRY_BYTES} bytes together: shorten name and metadata`,
		);
	return config;
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

function isTooLong(config: ServiceConfig): boolean {
	const entries = entriesOf(config, resolvedAddr(config, PLACEHOLDER_HOST), { ttlSeconds: 1 });
	const bytes = (text: string): number => new TextEncoder().encode(text).length;
	// A character is at most three bytes.
	return entries.some(
		({ key, value }) =>
			3 * (key.length + value.length) > MAX_ENTRY_BYTES && bytes(key + value) > MAX_ENTRY_BYTES,
	);
}

function required<T>(given: Given, value: T | undefined, example: string, problems: Problems): T | undefined {
	if (given.text === undefined && given.mistake === undefined)
		problems.add(given, { expected: 'one, since it is required', example });
	return value;
}

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

function withoutUndefined<T extends object>(values: T): Defined<T> {
	return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Defined<T>;
}
