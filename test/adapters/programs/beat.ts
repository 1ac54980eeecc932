/**
 * Runs one CronSchedule and tells each tick as a line of JSON: `at` by the monotonic clock, `wall` by the
 * other, `cpu` in seconds, `slots` = tasks in node-cron's registry. Takes orders as lines: `block <ms>`,
 * `shutdown`, `stop`, and `leave` = do nothing more that keeps the process alive but the schedule. A second
 * argument `unref` makes that nothing.
 */
import { createInterface } from 'node:readline';

import { getTasks, shutdown } from 'node-cron';
import { CronSchedule } from '../../../src/adapters/cron.js';

const intervalSeconds = Number(process.argv[2]);
const quiet = () => {};
const told = (message: string) => process.stderr.write(`${message}\n`);
const schedule = new CronSchedule({
	logger: { debug: quiet, info: quiet, warn: told, error: told },
	keepAlive: process.argv[3] !== 'unref',
});

schedule.start(intervalSeconds, 300, () => {
	const { user, system } = process.cpuUsage();
	process.stdout.write(
		`${JSON.stringify({ at: performance.now(), wall: Date.now(), cpu: (user + system) / 1e6, slots: getTasks().size })}\n`,
	);
});

createInterface({ input: process.stdin }).on('line', (line) => {
	const [order, ms] = line.split(' ');
	if (order === 'block') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, Number(ms));
	if (order === 'shutdown') void shutdown();
	if (order === 'stop') schedule.stop();
	if (order === 'stop' || order === 'leave') process.stdin.destroy();
});
