#!/usr/bin/env node
/**
 * The command. Signal handlers stand before anything else is loaded: a SIGTERM while modules still load ends in exit 0, since
 * nothing is registered yet. Later the command says what a signal does.
 */
let take: ((signal: NodeJS.Signals) => void) | null = null;
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => (take === null ? process.exit(0) : take(signal)));

/** What still keeps the process alive when a command has ended (a log reader that stalls) gets so long. */
const LINGER_MS = 500;

const { main } = await import('./commands/main.js');
await main({
	argv: process.argv.slice(2),
	env: process.env,
	stdout: process.stdout,
	stderr: process.stderr,
	onSignal: (taker) => {
		take = taker;
	},
	exit: (code) => process.exit(code),
	setExitCode: (code) => {
		process.exitCode = code;
		setTimeout(() => process.exit(), LINGER_MS).unref();
	},
});
