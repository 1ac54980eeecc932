import { onRejection } from '../promises.js';

/** Any logger with these four methods will do: winston's, the console; pino's by {@link fromPino}. */
export interface Logger {
	debug(message: string, fields?: Record<string, unknown>): void;
	info(message: string, fields?: Record<string, unknown>): void;
	warn(message: string, fields?: Record<string, unknown>): void;
	error(message: string, fields?: Record<string, unknown>): void;
}

/** A logger that takes the fields first, as pino and fastify's do. */
export interface PinoLike {
	debug(fields: object, message?: string): void;
	info(fields: object, message?: string): void;
	warn(fields: object, message?: string): void;
	error(fields: object, message?: string): void;
}

/**
 * pino as a {@link Logger}. An error goes to the field `err`, the one that pino writes with its message and
 * stack.
 */
export function fromPino(pino: PinoLike): Logger {
	const at =
		(level: keyof Logger) =>
		(message: string, { error, ...fields }: Record<string, unknown> = {}): void =>
			pino[level](error === undefined ? fields : { ...fields, err: error }, message);
	return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

/**
 * The application's logger, wrapped so that it cannot end the process: a line that it throws or rejects is
 * lost.
 */
export function guardedLogger(logger: Logger): Logger {
	const at =
		(level: keyof Logger) =>
		(message: string, fields?: Record<string, unknown>): void => {
			try {
				onRejection(logger[level](message, fields), ignored);
			} catch {
				ignored();
			}
		};
	return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

/** There is nobody left to tell. */
function ignored(): void {}
