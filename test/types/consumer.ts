/** An application in strict TypeScript: compiled against the built package, never run. */
import {
	ConfigError,
	ConflictError,
	createRegistrar,
	fromPino,
	type Logger,
	NotStartedError,
	type Registrar,
	type RegistrarEvent,
	type RegistrarOptions,
	register,
	type ServiceOptions,
	StoppedError,
	StoreError,
} from 'etcd-registrar';
import type { FastifyBaseLogger } from 'fastify';

type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;
const yes = <_ extends true>(): void => {};

/** As settings arrive: each may be missing. */
declare const env: Readonly<
	Record<
		'NAMESPACE' | 'CHECK' | 'VERSION' | 'USER' | 'PASSWORD' | 'CERT' | 'KEY' | 'ADDR',
		string | undefined
	>
>;

export const options: RegistrarOptions = {
	endpoints: ['http://10.0.0.1:2379', 'http://10.0.0.2:2379'],
	namespace: env.NAMESPACE,
	ttlSeconds: undefined,
	onConflict: 'wait',
	services: [
		{ name: 'user', addr: ':8080', weight: () => 10, formats: ['json', 'kratos'], check: env.CHECK },
		{ name: 'pay', addr: ':8081', weight: 'auto', formats: 'kitex', protocol: undefined, id: undefined },
		{
			...{ name: 'shop', addr: ':8082', weight: 3, version: env.VERSION, metadata: { zone: 'a' } },
			check: {
				target: 'tcp://127.0.0.1:8082',
				intervalMs: undefined,
				timeoutMs: 500,
				rise: 1,
				fall: 3,
				minHealthy: '50%',
			},
		},
	],
	auth: { username: env.USER, password: env.PASSWORD },
	tls: { caFile: undefined, certFile: env.CERT, keyFile: env.KEY },
	dialTimeoutMs: undefined,
	callTimeoutMs: 1_000,
	stopTimeoutMs: undefined,
	logger: console,
};

export async function application(pino: FastifyBaseLogger, signal: AbortSignal | undefined): Promise<void> {
	const logger: Logger = fromPino(pino);
	await using registrar: Registrar = createRegistrar({ ...options, logger });
	const off: () => void = registrar.on('repaired', ({ key, reason, lease }) =>
		logger.info(key, { reason, lease }),
	);
	registrar.on('recovered', ({ downMs, attempts }) => logger.info('back', { downMs, attempts }));
	registrar.on('degraded', ({ error }) => error instanceof StoreError && logger.warn(error.code));
	await registrar.start();
	await registrar.ready({ signal });
	await registrar.ready();
	const service: ServiceOptions = { name: 'user', addr: '10.0.0.5:8080' };
	await registrar.add(service);
	await registrar.update('user', '10.0.0.5:8080', { addr: env.ADDR, weight: undefined, version: '2' });
	await registrar.remove('user', '10.0.0.5:8080');
	await registrar.pause({ name: 'user', reason: 'x', signal: undefined });
	await registrar.resume();
	await registrar.reconcile();
	const { state, keys, counters, lease } = registrar.status();
	logger.debug(state, { keys: keys.map(({ key }) => key), hints: counters.hints.watch, lease: lease?.id });
	off();
	await registrar.stop();
}

export async function classic(): Promise<Registrar | string> {
	try {
		return await register('http://10.0.0.1:2379;http://10.0.0.2:2379', 'user', '10.0.0.5:8080', 5);
	} catch (error) {
		if (error instanceof ConfigError) return error.problems.join();
		if (error instanceof ConflictError) return error.key;
		if (error instanceof StoppedError || error instanceof NotStartedError) return error.code;
		throw error;
	}
}

// Nothing internal is public.
yes<
	Same<
		keyof Registrar,
		| ('start' | 'ready' | 'add' | 'update' | 'remove' | 'pause' | 'resume' | 'reconcile')
		| ('status' | 'on' | 'stop' | typeof Symbol.asyncDispose)
	>
>();
yes<
	Same<
		keyof RegistrarOptions,
		| ('endpoints' | 'namespace' | 'ttlSeconds' | 'onConflict' | 'services' | 'auth' | 'tls')
		| ('dialTimeoutMs' | 'callTimeoutMs' | 'stopTimeoutMs' | 'logger' | 'meter')
	>
>();
yes<
	Same<
		RegistrarEvent,
		'registered' | 'repaired' | 'kept' | 'withdrawn' | 'conflict' | 'degraded' | 'recovered' | 'stopped'
	>
>();

// What is wrong does not compile.
// @ts-expect-error a service needs an address
export const lacking: ServiceOptions = { name: 'user' };
// @ts-expect-error a weight function answers at once
export const late: ServiceOptions = { name: 'user', addr: ':80', weight: async () => 10 };
// @ts-expect-error there is no such format
export const unknown: ServiceOptions = { name: 'user', addr: ':80', formats: 'yaml' };
export const misspelt = (registrar: Registrar): unknown =>
	// @ts-expect-error there is no such event
	registrar.on('registred', () => {});
