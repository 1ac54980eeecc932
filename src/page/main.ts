/** The page's script: asks the registrar again and again, and shows what it answers. */
import { byId } from './dom.js';
import { waitMs } from './poll.js';
import type { Snapshot } from './snapshot.js';
import { show } from './view.js';

const TIMEOUT_MS = 4_000;
const REDRAW_MS = 1_000;

let snapshot: Snapshot | null = null;
let lostMs: number | null = null;
let failures = 0;
let timer: number | undefined;

async function get<T>(path: string): Promise<T> {
	const answer = await fetch(path, { cache: 'no-store', signal: AbortSignal.timeout(TIMEOUT_MS) });
	if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
	return (await answer.json()) as T;
}

async function ask(): Promise<void> {
	const beganMs = Date.now();
	try {
		const [status, changes] = await Promise.all([
			get<Snapshot['status']>('status'),
			get<Snapshot['changes']>('changes'),
		]);
		snapshot = { status, changes, atMs: Date.now() };
		lostMs = null;
		failures = 0;
	} catch {
		failures += 1;
		lostMs ??= beganMs;
	}
	redraw();
	const asked = { failures, tookMs: Date.now() - beganMs, isHidden: document.hidden };
	clearTimeout(timer);
	timer = setTimeout(() => void ask(), waitMs(asked));
}

const redraw = () => show(snapshot, lostMs, Date.now());

void ask();
// The times go on while nothing is answered.
setInterval(() => lostMs !== null && redraw(), REDRAW_MS);
document.addEventListener('visibilitychange', () => {
	if (!document.hidden) void ask();
});
for (const id of ['healthy', 'older']) byId(id).addEventListener('toggle', redraw);
byId('filter').addEventListener('input', redraw);
