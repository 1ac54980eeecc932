import { connect } from 'node:net';
import type { HealthCheck } from '../../registrar/ports.js';

/** Healthy = the port accepts a connection. It is closed at once, and no byte is sent. */
export function tcpCheck(host: string, port: number): HealthCheck {
	return {
		check: (signal) =>
			new Promise<void>((resolve, reject) => {
				signal.throwIfAborted();
				const socket = connect({ host, port });
				const cut = () => socket.destroy(new Error(`${host}:${port} did not accept a connection in time`));
				signal.addEventListener('abort', cut, { once: true });
				let accepted = false;
				socket.once('connect', () => {
					// On loopback a connect to a port nobody listens on may be given that very port as its own and so
					// reach itself.
					accepted = socket.localPort !== port || socket.localAddress !== socket.remoteAddress;
					socket.destroy();
				});
				let failure: Error = new Error(`nobody listens on ${host}:${port}`);
				socket.once('error', (error) => {
					failure = new Error(error.message || `no connection to ${host}:${port}`, { cause: error });
				});
				socket.once('close', () => {
					signal.removeEventListener('abort', cut);
					if (accepted) resolve();
					else reject(failure);
				});
			}),
	};
}
