/** From the command line to an exit code. Each command is loaded when it is called. */
import { ConfigError } from '../core/errors.js';
import { type Call, parseCall, UsageError } from './arguments.js';
import { type Context, EXIT } from './context.js';

export interface Process extends Context {
	readonly argv: readonly string[];
	readonly setExitCode: (code: number) => void;
}

export async function main(process: Process): Promise<void> {
	// A reader that has seen enough (`| head`) costs the rest of the output, never the exit code.
	for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
	try {
		process.setExitCode(await dispatch(parseCall(process.argv), process));
	} catch (error) {
		process.setExitCode(explain(error, process));
	}
}

async function dispatch(call: Call, context: Context): Promise<number> {
	switch (call.command) {
		case 'help':
			return (await import('./help.js')).help(context);
		case 'version':
			return (await import('./help.js')).version(context);
		case 'run':
			return (await import('./run/run.js')).run(context, call.envFile);
		case 'health':
			return (await import('./control/health.js')).health(context, call.envFile);
		case 'exec':
			return (await import('./run/exec.js')).exec(context, call);
		case 'list':
			return (await import('./inspect/list.js')).list(context, call);
		case 'watch':
			return (await import('./inspect/watch.js')).watch(context, call);
		case 'watch-exec':
			return (await import('./inspect/watch-exec.js')).watchExec(context, call);
		case 'check':
			return (await import('./check/check.js')).check(context, call.envFile);
	}
}

/** What went wrong, where, and what to do; never a stack for a mistake of the user. */
function explain(error: unknown, { stderr }: Context): number {
	if (error instanceof UsageError) {
		stderr.write(`etcd-registrar: ${error.message}\nSee etcd-registrar --help.\n`);
		return EXIT.usage;
	}
	if (error instanceof ConfigError) {
		stderr.write(
			`etcd-registrar: the configuration is wrong:\n${error.problems.map((problem) => `  ${problem}\n`).join('')}`,
		);
		return EXIT.config;
	}
	stderr.write(
		`etcd-registrar: a fault of the program itself: ${error instanceof Error ? error.stack : error}\n`,
	);
	return EXIT.fault;
}
