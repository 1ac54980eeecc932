import { setTimeout as delay } from 'node:timers/promises';
import { tcpCheck } from './checks/tcp.js';

export interface Port {
	readonly host: string;
	readonly port: number;
}

const PAUSE_MS = 100;
const TRY_MS = 1_000;
const WILDCARDS = ['', '0.0.0.0', '::', '[::]', '*'];

/**
 * Where a service is looked for that announces this host and port. One that listens everywhere is reached on loopback, over IPv4
 * or IPv6; `detected` is the address that is announced for it, for one that listens on that alone.
 */
export function whereToLook(host: string, port: number, detected?: string): readonly Port[] {
	if (!WILDCARDS.includes(host)) return [{ host, port }];
	return ['127.0.0.1', '::1', ...(detected === undefined ? [] : [detected])].map((each) => ({ host: each, port }));
}

/** Resolves to `true` once one of the ports accepts a connection, to `false` when `signal` aborts first. Looks ten times a second, each time for at most a second. */
export async function untilPortOpen(ports: readonly Port[], signal: AbortSignal): Promise<boolean> {
	while (!signal.aborted) {
		if (await anyOpen(ports, signal)) return true;
		await delay(PAUSE_MS, undefined, { signal }).catch(() => {});
	}
	return false;
}

async function anyOpen(ports: readonly Port[], signal: AbortSignal): Promise<boolean> {
	// Not AbortSignal.any: on Node 20 each one stays with a signal that lives long, and this may wait for days.
	const over = new AbortController();
	const end = () => over.abort();
	const timer = setTimeout(end, TRY_MS);
	signal.addEventListener('abort', end, { once: true });
	try {
		await Promise.any(ports.map(({ host, port }) => tcpCheck(host, port).check(over.signal)));
		return true;
	} catch {
		return false;
	} finally {
		clearTimeout(timer);
		signal.removeEventListener('abort', end);
		// Those that have not answered yet.
		end();
	}
}
