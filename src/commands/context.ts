/** What a command knows of the process; nothing below reads it by itself. */
export interface Context {
	readonly env: Readonly<Record<string, string | undefined>>;
	readonly stdout: NodeJS.WriteStream;
	readonly stderr: NodeJS.WriteStream;
	/** Who hears SIGTERM and SIGINT from now on; until then they end the process with exit code 0. */
	readonly onSignal: (take: (signal: NodeJS.Signals) => void) => void;
	/** Leaves at once, whatever is still open. */
	readonly exit: (code: number) => never;
}

/** sysexits.h, where it has a fitting one. */
export const EXIT = { ok: 0, usage: 64, unavailable: 69, fault: 70, conflict: 75, config: 78 } as const;
