/**
 * A guided tour: the chief faults, one after the other, on the real command and beside it on a plain poll.
 */
import { once } from 'node:events';
import { compile } from '../support/compile.js';
import { CHAPTERS, type Chapter } from './chapters.js';
import { drawLine, drawMoments, duration, SIGNS } from './draw.js';
import { closeTrack, ensureRegistered, openTrack, type Track, TTL_SECONDS } from './track.js';

const LEAD_MS = 1_000;
const CELL_MS = 200;
const wait = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
const say = (line: string) => process.stdout.write(`${line}\n`);

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(130));

say(`Each line is a key in etcd over time, ${CELL_MS} ms a sign, TTL ${TTL_SECONDS} s:`);
say(
	`  ${SIGNS.right} there and right   ${SIGNS.absent} missing   ${SIGNS.wrong} wrong (value, or on no lease)   ${SIGNS.unseen} etcd itself does not answer`,
);
say('  ! the fault comes   ^ its cause is gone\n');

const classic = await compile(new URL('first-design.ts', import.meta.url));
const tracks = await Promise.all([openTrack('etcd-registrar'), openTrack('plain poll', classic)]);
const page = tracks.map((track) => track.page).find((found) => found !== null) ?? '';
say(`Its page, live: ${page}\n`);
const width = Math.max(...tracks.map(({ name }) => name.length)) + 2;
const missingMs = new Map<Track, number>();
const notBack = new Map<Track, number>();

for (const [index, chapter] of CHAPTERS.entries()) {
	say(`${index + 1}/${CHAPTERS.length}  ${chapter.title}`);
	await tell(chapter);
}
await summary();
await keepOpen();
await Promise.all(tracks.map(closeTrack));

async function tell({ commit, watchMs }: Chapter): Promise<void> {
	await Promise.all(tracks.map(ensureRegistered));
	const fromMs = performance.now();
	await wait(LEAD_MS);
	const faultMs = performance.now();
	const ends = await Promise.all(tracks.map((track) => commit(track).then(() => performance.now())));
	await wait(watchMs);
	const window = { fromMs, toMs: performance.now(), cellMs: CELL_MS };
	say(`${' '.repeat(width + 2)}${drawMoments(faultMs, Math.max(...ends), window)}`);
	for (const [index, track] of tracks.entries()) {
		say(
			`  ${track.name.padEnd(width)}${drawLine(track.timeline.changes, window)}  ${resultOf(track, ends[index] ?? faultMs, faultMs)}`,
		);
	}
	say('');
}

/** In words, and added up for the summary. */
function resultOf(track: Track, endedMs: number, faultMs: number): string {
	const { timeline } = track;
	missingMs.set(track, (missingMs.get(track) ?? 0) + timeline.notRightMs(faultMs));
	if (timeline.now !== 'right') {
		notBack.set(track, (notBack.get(track) ?? 0) + 1);
		return 'NOT BACK: started again by hand';
	}
	const marks = timeline.marksSince(faultMs);
	if (!marks.has('absent') && !marks.has('wrong')) return 'never seen missing';
	return `right again ${duration(timeline.rightForGoodAfter(endedMs))} after`;
}

/** The page with what happened stays until somebody has seen it: where there is somebody. */
async function keepOpen(): Promise<void> {
	const { stdin, stdout } = process;
	if (!stdin.isTTY || !stdout.isTTY)
		return void say(`\nIts page was at ${page} (on a terminal it stays open)`);
	say(`\nIts page: ${page} shows these faults since the program was started again. Any key ends.`);
	stdin.setRawMode(true);
	await once(stdin, 'data');
	stdin.setRawMode(false);
	stdin.pause();
}

async function summary(): Promise<void> {
	say('In all');
	for (const track of tracks) {
		const leases = (await track.gateway.leases()).length;
		const back = `${CHAPTERS.length - (notBack.get(track) ?? 0)} of ${CHAPTERS.length} came back`;
		const seconds = `${duration(missingMs.get(track) ?? 0)} missing or wrong`;
		say(
			`  ${track.name.padEnd(width)}${back}, ${seconds}, ${leases} ${leases === 1 ? 'lease' : 'leases'} in etcd at the end`,
		);
	}
}
