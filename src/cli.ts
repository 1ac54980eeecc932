#!/usr/bin/env node
/**
 * The command. A Node that is too old is told in one sentence: so nothing is loaded before the version is
 * known, and the syntax of this file is that of 2019, which Node 12 reads.
 *
 * Signal handlers stand before anything else is loaded. While modules still load nothing is registered and
 * nothing started, so a signal that stops ends in exit 0, SIGUSR2 waits, and SIGUSR1 does nothing (Node
 * itself would open its inspector). Later the command says what a signal does.
 */
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
	process.stderr.write(
		`etcd-registrar: Node 20.19 or later is needed, and this is Node ${process.versions.node}: run it with a newer one\n`,
	);
	process.exit(78);
}

let take: ((signal: NodeJS.Signals) => void) | null = null;
const early: NodeJS.Signals[] = [];
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT'] as const)
	process.on(signal, () => (take === null ? process.exit(0) : take(signal)));
process.on('SIGUSR2', (signal) => (take === null ? early.push(signal) : take(signal)));
for (const signal of ['SIGUSR1', 'SIGWINCH'] as const)
	process.on(signal, () => {
		if (take !== null) take(signal);
	});

let takeFault = (error: unknown): void => {
	process.stderr.write(
		`etcd-registrar: a fault of the program itself: ${error instanceof Error ? error.stack : error}\n`,
	);
	process.exit(70);
};
process.on('uncaughtException', (error) => takeFault(error));

// Node's notes to developers (an IP address as TLS server name is one) are no lines of our log.
process.noDeprecation = true;

/** What still keeps the process alive when a command has ended (a log reader that stalls) gets so long. */
const LINGER_MS = 500;

void import('./commands/bundle.js')
	.then(({ loadCommand }) => loadCommand())
	.then((main) =>
		main({
			argv: process.argv.slice(2),
			env: process.env,
			pid: process.pid,
			stdout: process.stdout,
			stderr: process.stderr,
			onSignal: (taker) => {
				take = taker;
				for (const signal of early.splice(0)) taker(signal);
			},
			onFault: (taker) => {
				takeFault = taker;
			},
			exit: (code) => process.exit(code),
			setExitCode: (code) => {
				process.exitCode = code;
				setTimeout(() => process.exit(), LINGER_MS).unref();
			},
		}),
	);
