import { ConfigError } from '../core/errors.js';
import { UsageError } from './arguments.js';
import { type Context, EXIT } from './context.js';

/**
 * Writes what went wrong, where, and what to do; never a stack for a mistake of the user. Returns the exit
 * code.
 */
export function explain(error: unknown, { stderr }: Pick<Context, 'stderr'>): number {
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
