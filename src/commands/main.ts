/** From the command line to an exit code. Each command is loaded when it is called. */
import { type Call, parseCall } from './arguments.js';
import type { Context } from './context.js';
import { explain } from './explain.js';

export interface Process extends Context {
	readonly argv: readonly string[];
	readonly setExitCode: (code: number) => void;
}

export async function main(process: Process): Promise<void> {
	// A reader that has seen enough (`| head`) costs the rest of the output, never the exit code.
	for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
	let code: number;
	try {
		code = await dispatch(parseCall(process.argv), process);
	} catch (error) {
		code = explain(error, process);
	}
	await taken(process.stdout);
	process.setExitCode(code);
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
		case 'status':
			return (await import('./control/status.js')).status(context, call);
		case 'pause':
		case 'resume':
			return (await import('./control/change.js')).change(context, call);
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

/**
 * Resolves once the reader's end has taken all results, however long that takes, or is gone: nothing is cut.
 */
function taken(stdout: NodeJS.WriteStream): Promise<void> {
	return new Promise((resolve) => {
		if (stdout.writableLength === 0 || stdout.destroyed) return resolve();
		stdout.once('error', () => resolve());
		stdout.once('close', () => resolve());
		stdout.write('', () => resolve());
	});
}
