/**
 * Starts its arguments by `startChild`, passes signals on, ends with the command's code. SIGTERM is passed on
 * at once (there is nothing to drain here), a second one kills all. Tells `wrapper <pid> child <pid>` on
 * stderr first.
 */
import { FORWARDED_SIGNALS, SpawnError, startChild } from '../../../src/adapters/host/child.js';
import { exitCodeOf } from '../../../src/adapters/host/exit-code.js';

const [command = '', ...args] = process.argv.slice(2);
try {
	const child = await startChild({ command, args, env: { ...process.env, ADDED: 'yes' } });
	for (const name of FORWARDED_SIGNALS) process.on(name, () => child.signal(name));
	let terms = 0;
	process.on('SIGTERM', () => (++terms === 1 ? child.signal('SIGTERM') : child.signalAll('SIGKILL')));
	process.stderr.write(`wrapper ${process.pid} child ${child.pid}\n`);
	const { code, signal } = await child.exited;
	child.signal('SIGTERM');
	child.signalAll('SIGKILL');
	process.exitCode = exitCodeOf(code, signal);
} catch (error) {
	if (!(error instanceof SpawnError)) throw error;
	process.stderr.write(`${error.message}\n`);
	process.exitCode = error.exitCode;
}
