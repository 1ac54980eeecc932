import type { IncomingMessage } from 'node:http';
import type { HealthCheck } from '../../registrar/ports.js';

/** So much of a body is read to let the server finish in peace; a longer answer is as good and is cut. */
const BODY_LIMIT = 64 * 1024;

/**
 * Healthy = GET answers 2xx or 3xx, to its end. A redirect is an answer and is not followed. Each check has a
 * connection of its own and leaves none open: a kept one would tell about yesterday's process.
 *
 * The certificate of an `https` service is not verified, as Kubernetes' probes do not either: the check goes
 * to a loopback or pod address which certificates rarely name, and asks whether the service is healthy, not
 * who it is.
 */
export function httpCheck(url: string): HealthCheck {
	const target = new URL(url);
	// Without user, password and query: they may hold secrets, and this is told to people.
	const name = `${target.protocol}//${target.host}${target.pathname}`;
	return {
		async check(signal) {
			const { request } =
				target.protocol === 'https:' ? await import('node:https') : await import('node:http');
			signal.throwIfAborted();
			const options = {
				agent: false as const,
				rejectUnauthorized: false,
				headers: { 'user-agent': 'etcd-registrar', connection: 'close' },
			};
			await new Promise<void>((resolve, reject) => {
				const fail = (error: Error) =>
					reject(signal.aborted ? new Error(`${name} did not answer in time`) : error);
				const outgoing = request(target, options, (response) => judge(response, name).then(resolve, fail));
				const cut = () => outgoing.destroy();
				signal.addEventListener('abort', cut, { once: true });
				outgoing.on('error', (error) =>
					fail(new Error(`${name}: ${error.message || 'no connection'}`, { cause: error })),
				);
				outgoing.once('close', () => signal.removeEventListener('abort', cut));
				outgoing.end();
			});
		},
	};
}

function judge(response: IncomingMessage, name: string): Promise<void> {
	return new Promise((resolve, reject) => {
		const status = response.statusCode ?? 0;
		let received = 0;
		let whole = false;
		let failure = new Error(`${name} broke off its answer`);
		response.on('data', (chunk: Buffer) => {
			received += chunk.length;
			if (received <= BODY_LIMIT) return;
			whole = true;
			response.destroy();
		});
		response.once('end', () => {
			whole = true;
		});
		response.once('error', (error) => {
			failure = new Error(`${name}: ${error.message}`, { cause: error });
		});
		response.once('close', () => {
			if (!whole) reject(failure);
			else if (status < 200 || status > 399) reject(new Error(`${name} answered ${status}`));
			else resolve();
		});
	});
}
