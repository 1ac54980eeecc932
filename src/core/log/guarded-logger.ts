/** The application's logger, held so that it cannot end what tells it something: one that throws is silent. */
import type { Logger } from '../logger.js';

export function guardedLogger(logger: Logger): Logger {
	const at =
		(level: keyof Logger) =>
		(message: string, fields?: Record<string, unknown>): void => {
			try {
				logger[level](message, fields);
			} catch {
				// There is nobody left to tell.
			}
		};
	return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}
