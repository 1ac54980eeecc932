import { type CommandOptions, type RunningCommand, runCommand } from './command.js';

/** The real command, told to register one service. */
export interface RunningRegistrar extends RunningCommand {
	readonly key: string;
	readonly value: string;
	/** Resolves once the log says that the key is registered. */
	registered(): Promise<void>;
	/** Whether the lease is one of this process: it chooses its IDs with a prefix of its own. */
	isOurs(lease: string | null): boolean;
}

export interface RegistrarOptions extends CommandOptions {
	readonly env?: Readonly<Record<string, string>>;
	/** @defaultValue 2 */
	readonly ttlSeconds?: number;
}

const NAME = 'user';
const ADDR = '10.0.0.5:8080';

export function startRegistrar(
	endpoints: string,
	{ env = {}, ttlSeconds = 2, ...options }: RegistrarOptions = {},
): RunningRegistrar {
	const settings = {
		ETCD_ENDPOINTS: endpoints,
		SERVICE_NAME: NAME,
		SERVICE_ADDR: ADDR,
		SERVICE_TTL: String(ttlSeconds),
		...env,
	};
	const command = runCommand(['run'], settings, options);
	let prefix: bigint | null = null;
	const value = settings.SERVICE_ADDR;
	// Not spread: stdout and stderr are getters.
	return Object.assign(Object.create(command) as RunningCommand, {
		key: `/ns/${settings.SERVICE_NAME}/${value}`,
		value,
		async registered() {
			await command.waitForLog(({ message }) => message === 'registered');
		},
		isOurs(lease: string | null): boolean {
			prefix ??= prefixOf(
				command.logs().find((line) => typeof line.lease === 'string' && WROTE.has(line.message))?.lease,
			);
			return lease !== null && prefix !== null && BigInt(lease) >> COUNTER_BITS === prefix;
		},
	});
}

/** Messages that tell a lease of the process itself, as those about conflicts do not. */
const WROTE = new Set(['registered', 'put right']);
/** core/lease-id.ts: the low bits count, those above tell the process. */
const COUNTER_BITS = 16n;
/** The log tells leases as etcdctl prints them. */
const prefixOf = (lease: unknown): bigint | null =>
	typeof lease === 'string' ? BigInt(`0x${lease}`) >> COUNTER_BITS : null;
