import type { Logger } from '../../src/core/log/logger.js';

export interface Line {
	readonly level: keyof Logger;
	readonly message: string;
	readonly fields: Record<string, unknown>;
}

/** A logger that keeps what it was told. */
export function aLogger(): { readonly logger: Logger; readonly lines: Line[] } {
	const lines: Line[] = [];
	const at =
		(level: keyof Logger) =>
		(message: string, fields: Record<string, unknown> = {}) => {
			lines.push({ level, message, fields });
		};
	return { lines, logger: { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') } };
}
