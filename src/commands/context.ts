/** What a command knows of the process; nothing below reads it by itself. */
export interface Context {
	readonly env: Readonly<Record<string, string | undefined>>;
	readonly pid: number;
	readonly stdout: NodeJS.WriteStream;
	readonly stderr: NodeJS.WriteStream;
	/**
	 * Who hears SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2 and SIGWINCH from now on. Until then the
	 * first four end the process with exit code 0, SIGUSR2 waits, and the other two are ignored.
	 */
	readonly onSignal: (take: (signal: NodeJS.Signals) => void) => void;
	/**
	 * Who hears of an error that nothing caught. Until then it is written to stderr, and the process ends with
	 * exit code 70.
	 */
	readonly onFault: (take: (error: unknown) => void) => void;
	/** Leaves at once, whatever is still open. */
	readonly exit: (code: number) => never;
}

/** sysexits.h, where it has a fitting one. `unhealthy` is what container runtimes expect of a probe. */
export const EXIT = {
	ok: 0,
	unhealthy: 1,
	usage: 64,
	unavailable: 69,
	fault: 70,
	conflict: 75,
	config: 78,
} as const;
