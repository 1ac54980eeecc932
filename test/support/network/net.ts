import { createServer } from 'node:net';

/**
 * Below the range from which the kernel takes the ports of outgoing connections (32768 on Linux): nobody
 * takes it in between by chance.
 */
const FIRST = 15_000;
const LAST = 32_000;
/** What was given away already and may be taken only later: one port never goes to two askers. */
const given = new Set<number>();

/** A TCP port of 127.0.0.1 that was free a moment ago. */
export async function freePort(): Promise<number> {
	for (let tries = 0; tries < 200; tries += 1) {
		const port = FIRST + Math.floor(Math.random() * (LAST - FIRST));
		if (given.has(port)) continue;
		given.add(port);
		if (await isFree(port)) return port;
	}
	throw new Error(`no free port between ${FIRST} and ${LAST}`);
}

/** Whether nobody listens on this port of 127.0.0.1. */
export function isFree(port: number): Promise<boolean> {
	return new Promise((resolve) => {
		const server = createServer();
		server.once('error', () => resolve(false));
		server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
	});
}
