/**
 * The library in a program of its own: without hints under HINTS=off; blocks its event loop for BLOCK_MS when
 * it gets SIGUSR1.
 */
import { createRegistrar } from '../../../src/index.js';

const {
	ETCD_ENDPOINTS = '',
	SERVICE_NAME = '',
	SERVICE_ADDR = '',
	SERVICE_TTL = '',
	BLOCK_MS = '',
	HINTS = 'on',
} = process.env;
const say =
	(level: string) =>
	(message: string, fields: object = {}) =>
		process.stderr.write(
			`${JSON.stringify({ time: new Date().toISOString(), level, message, ...fields })}\n`,
		);
const options = {
	endpoints: ETCD_ENDPOINTS,
	ttlSeconds: Number(SERVICE_TTL),
	services: [{ name: SERVICE_NAME, addr: SERVICE_ADDR }],
	logger: { debug() {}, info: say('info'), warn: say('warn'), error: say('error') },
	hints: HINTS !== 'off',
};
const registrar = createRegistrar(options);
process.on('SIGUSR1', () => {
	const untilMs = performance.now() + Number(BLOCK_MS);
	while (performance.now() < untilMs);
	say('info')('unblocked');
});
process.on('SIGTERM', () => void registrar.stop());
await registrar.start();
