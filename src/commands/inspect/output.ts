import { once } from 'node:events';
import type { Context } from '../context.js';

/**
 * Results on stdout at the reader's pace: each write resolves when there is room for the next one, so nothing
 * piles up.
 */
export class Output {
	constructor(private readonly context: Pick<Context, 'stdout' | 'exit'>) {
		// A reader that has read enough (`| head`) is no fault.
		context.stdout.on('error', () => context.exit(0));
	}

	async write(text: string): Promise<void> {
		const { stdout } = this.context;
		if (text !== '' && !stdout.write(text)) await once(stdout, 'drain');
	}
}
