import type { Etcd } from '../etcd/etcd.js';
import { Gateway } from '../etcd/gateway.js';
import { freePort } from '../network/net.js';
import { until } from '../until.js';
import { type CommandOptions, type RunningCommand, runCommand } from './command.js';
import { getText } from './http.js';
import { alive } from './proc.js';

/** `etcd-registrar run -- command`, with a service name and ports of its own. */
export interface Wrapped extends RunningCommand {
	readonly key: string;
	/** The port of SERVICE_ADDR. */
	readonly port: number;
	readonly gateway: Gateway;
	/** Of the wrapped command. */
	childPid(): Promise<number>;
	/** Resolves when the text stands on stdout. */
	said(text: string): Promise<void>;
	registered(): Promise<void>;
	gone(options?: { limitMs?: number }): Promise<void>;
	/** The body of `/readyz` or another path of REGISTRAR_HTTP. */
	http(path: string): Promise<{ readonly reason: string; readonly state: string; readonly ok: boolean }>;
}

export interface WrapOptions extends CommandOptions {
	readonly env?: Readonly<Record<string, string>>;
	/** What to run; `PORT` and `KEY` in its environment tell it where it is announced, `ETCD` where etcd is. */
	readonly command: readonly string[];
	/** Runs it on a terminal of its own. */
	readonly terminal?: boolean;
}

/** `script` gives a terminal; typing goes to its input. */
const TERMINAL: CommandOptions = {
	wrap: ['sh', '-c', 'exec script -qec "exec $*" /dev/null', 'sh'],
	stdin: null,
};

let count = 0;

export async function wrap(
	etcd: Pick<Etcd, 'endpoint'>,
	{ env = {}, command, terminal = false, ...options }: WrapOptions,
): Promise<Wrapped> {
	const [port, http] = [await freePort(), await freePort()];
	const name = `wrapped-${process.pid}-${++count}`;
	const addr = `127.0.0.1:${port}`;
	const key = `/ns/${name}/${addr}`;
	const settings = {
		...{
			ETCD_ENDPOINTS: etcd.endpoint,
			SERVICE_NAME: name,
			SERVICE_ADDR: addr,
			SERVICE_TTL: '2',
			REGISTRAR_HTTP: String(http),
		},
		...{ PORT: String(port), KEY: key, ETCD: etcd.endpoint },
		...env,
	};
	const running = runCommand(['run', '--', ...command], settings, {
		...options,
		...(terminal ? TERMINAL : {}),
	});
	const gateway = new Gateway(etcd.endpoint);
	// Not spread: stdout and stderr are getters.
	return Object.assign(Object.create(running) as RunningCommand, {
		key,
		port,
		gateway,
		async childPid() {
			return Number((await running.waitForLog(({ message }) => message === 'the command runs')).pid);
		},
		async said(text: string) {
			await until(() => running.stdout.includes(text), { what: `'${text}' on stdout` });
		},
		async registered() {
			await until(async () => (await gateway.get(key)) !== null, { what: `${key} in etcd` });
		},
		async gone(limits: { limitMs?: number } = {}) {
			await until(async () => (await gateway.get(key)) === null, { ...limits, what: `${key} out of etcd` });
		},
		async http(path: string) {
			return JSON.parse(await getText(`http://127.0.0.1:${http}${path}`)) as {
				reason: string;
				state: string;
				ok: boolean;
			};
		},
	});
}

/** Ends what a test left; the wrapped command outlives a registrar that was killed. */
export async function endWrapped(wrapped: Wrapped): Promise<void> {
	const child = wrapped.logs().find(({ message }) => message === 'the command runs')?.pid;
	for (const pid of [wrapped.pid, Number(child)])
		if (Number.isInteger(pid) && alive(pid)) process.kill(pid, 'SIGKILL');
	wrapped.gateway.close();
}
