/** What a command knows of the process; nothing below reads it by itself. */
export interface Context {
	readonly env: Readonly<Record<string, string | undefined>>;
	readonly pid: number;
	readonly stdout: NodeJS.WriteStream;
	readonly stderr: NodeJS.WriteStream;
	/**
	 * Who hears SIGTERM, SIGINT and SIGUSR2 from now on. Until then the first two end the process with exit code 0, and the third
	 * waits.
	 */
	readonly onSignal: (take: (signal: NodeJS.Signals) => void) => void;
	/** Who hears this signal, which otherwise does what the system has it do. */
	readonly onPassedOn: (signal: NodeJS.Signals, take: () => void) => void;
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
