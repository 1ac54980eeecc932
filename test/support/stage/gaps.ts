import type { Gateway, KeyEvent } from '../etcd/gateway.js';
import type { Ending } from './stage.js';

/** Every change of a key from now on, as etcd's own watch tells it: no gap is too short to be seen. */
export interface History {
	readonly events: readonly KeyEvent[];
	/** How often the key went. */
	gaps(): number;
}

export async function recordHistory(test: Ending, gateway: Gateway, key: string): Promise<History> {
	const events: KeyEvent[] = [];
	const watching = await gateway.watch(key, (event) => events.push(event));
	test.onTestFinished(() => watching.close());
	return { events, gaps: () => events.filter(({ type }) => type === 'delete').length };
}
