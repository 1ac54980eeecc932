import { createInterface } from 'node:readline';
import { startEndpoints } from '../../../src/adapters/http/endpoints.js';
import { createRegistrar } from '../../../src/index.js';

/**
 * `node flooded.mjs ENDPOINT`: a registrar with its endpoints. Says on which port they are, and for each line
 * with a number on its input makes so many passes and says how many milliseconds each took.
 */
const [endpoints = ''] = process.argv.slice(2);
const registrar = createRegistrar({
	endpoints,
	ttlSeconds: 60,
	services: [{ name: 'flooded', addr: '10.0.0.5:8080' }],
});
await registrar.start();
await registrar.ready();
const logger = { debug() {}, info() {}, warn() {}, error() {} };
const { listening } = await startEndpoints({
	host: '127.0.0.1',
	port: 0,
	status: () => registrar.status(),
	logger,
});
const say = (what: unknown) => process.stdout.write(`${JSON.stringify(what)}\n`);
say(await listening);
for await (const line of createInterface({ input: process.stdin })) {
	const tookMs: number[] = [];
	for (let pass = 0; pass < Number(line); pass += 1) {
		const beganMs = performance.now();
		await registrar.reconcile();
		tookMs.push(performance.now() - beganMs);
		await new Promise((resolve) => setTimeout(resolve, 5));
	}
	say(tookMs);
}
process.exit();
