#!/usr/bin/env node
/**
 * The command. Signal handlers stand before anything else is loaded: a SIGTERM while modules still load ends in exit 0, since
 * nothing is registered yet, and a SIGUSR2 waits. Later the command says what a signal does.
 */
let take: ((signal: NodeJS.Signals) => void) | null = null;
const early: NodeJS.Signals[] = [];
for (const signal of ['SIGTERM', 'SIGINT'] as const)
	process.on(signal, () => (take === null ? process.exit(0) : take(signal)));
process.on('SIGUSR2', (signal) => (take === null ? early.push(signal) : take(signal)));

// Node's notes to developers (an IP address as TLS server name is one) are no lines of our log.
process.noDeprecation = true;

/** What still keeps the process alive when a command has ended (a log reader that stalls) gets so long. */
const LINGER_MS = 500;

const { loadCommand } = await import('./commands/bundle.js');
const main = await loadCommand();
await main({
	argv: process.argv.slice(2),
	env: process.env,
	pid: process.pid,
	stdout: process.stdout,
	stderr: process.stderr,
	onSignal: (taker) => {
		take = taker;
		for (const signal of early.splice(0)) taker(signal);
	},
	onPassedOn: (signal, taker) => void process.on(signal, taker),
	exit: (code) => process.exit(code),
	setExitCode: (code) => {
		process.exitCode = code;
		setTimeout(() => process.exit(), LINGER_MS).unref();
	},
});
