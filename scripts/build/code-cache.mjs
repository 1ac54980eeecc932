/**
 * V8's code cache of the bundled command, made by a short run against an etcd that is not there: so it holds what a start really
 * compiles. It is good for one version of V8 and is named after it; any other Node does without.
 */
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { loadBundle } from '../../dist/commands/bundle.js';

const RUN_MS = 400;
const ENV = {
	ETCD_ENDPOINTS: 'http://127.0.0.1:9',
	SERVICE_NAME: 'a',
	SERVICE_ADDR: '127.0.0.1:1',
	LOG_FORMAT: 'json',
	LOG_LEVEL: 'error',
};

export async function writeCodeCache(folder) {
	const { main, script, cacheFile } = loadBundle(
		join(process.cwd(), folder, 'command.cjs'),
		createRequire(import.meta.url),
	);
	let signal = () => {};
	const silent = {
		write: () => true,
		on: () => silent,
		once: () => silent,
		off: () => silent,
		removeListener: () => silent,
		writableLength: 0,
		isTTY: false,
	};
	const running = main({
		argv: ['run', '--env-file', '/dev/null'],
		env: ENV,
		pid: process.pid,
		stdout: silent,
		stderr: silent,
		onSignal: (take) => {
			signal = take;
		},
		onPassedOn: () => {},
		exit: () => {},
		setExitCode: () => {},
	});
	await wait(RUN_MS);
	writeFileSync(cacheFile, script.createCachedData());
	signal('SIGTERM');
	await running;
	process.exit(0);
}
