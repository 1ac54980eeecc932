/**
 * The application's logger, wrapped so that it cannot end the process: a line that it throws or rejects is
 * lost.
 */

import type { Logger } from '../logger.js';
import { onRejection } from '../rejections.js';

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
