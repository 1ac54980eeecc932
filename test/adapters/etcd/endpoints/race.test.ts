import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type Attempt, race, SecondChoice, type Why } from '../../../../src/adapters/etcd/endpoints/race.js';

beforeEach(() => {
	vi.useFakeTimers();
});
afterEach(() => {
	vi.useRealTimers();
});

/**
 * What becomes of an attempt: after so many milliseconds it answers, fails, or refuses (an error that is an
 * answer); `never` = silence.
 */
type Fate = readonly ['answers' | 'fails' | 'refuses' | 'will do', ms: number] | 'never';

interface Case {
	readonly fates: readonly Fate[];
	readonly distinct?: number;
	readonly limitMs?: number;
	readonly signal?: AbortSignal;
}

class Refusal extends Error {}

const REJECTIONS = {
	fails: (index: number) => new Error(`attempt ${index} failed`),
	refuses: () => new Refusal('no'),
	'will do': (index: number) => new SecondChoice(() => `attempt ${index}`),
} as const;

/** Runs the race until it has ended; attempts beyond the given fates are silent. */
async function run({ fates, distinct = fates.length, limitMs = 5_000, signal }: Case) {
	const begunMs = performance.now();
	const starts: number[] = [];
	const next = (why: Why): Attempt<string> | null => {
		if (why === 'begin' ? starts.length > 0 : why === 'failed' && starts.length >= distinct) return null;
		const index = starts.push(performance.now() - begunMs) - 1;
		const fate = fates[index] ?? 'never';
		const answer =
			fate === 'never'
				? new Promise<string>(() => {})
				: new Promise<string>((resolve, reject) => {
						const [what, ms] = fate;
						const end = () =>
							what === 'answers' ? resolve(`attempt ${index}`) : reject(REJECTIONS[what](index));
						setTimeout(end, ms);
					});
		return { answer };
	};
	let endedMs = Number.NaN;
	const outcome = race({
		next,
		patienceMs: 300,
		everyMs: 500,
		limitMs,
		secondChoiceMs: 1_000,
		isAnswer: (error) => error instanceof Refusal,
		signal,
	})
		.then(
			(value) => value,
			(error: Error) => error.message,
		)
		.finally(() => {
			endedMs = performance.now() - begunMs;
		});
	await vi.advanceTimersByTimeAsync(limitMs + 1_000);
	return { outcome: await outcome, endedMs, starts };
}

test.each<readonly [sentence: string, input: Case, outcome: string, endedMs: number, starts: number[]]>([
	['an answer in time is the only attempt', { fates: [['answers', 5]], distinct: 3 }, 'attempt 0', 5, [0]],
	[
		'one that is silent gets company after 300 ms, and the company may win',
		{ fates: ['never', ['answers', 10]] },
		'attempt 1',
		310,
		[0, 300],
	],
	['one that is slow may still win', { fates: [['answers', 400], 'never'] }, 'attempt 0', 400, [0, 300]],
	[
		'then one more attempt each 500 ms',
		{ fates: ['never', 'never', 'never', ['answers', 1]] },
		'attempt 3',
		1_301,
		[0, 300, 800, 1_300],
	],
	[
		'one that fails is followed at once by an endpoint not tried yet',
		{
			fates: [
				['fails', 2],
				['answers', 5],
			],
		},
		'attempt 1',
		7,
		[0, 2],
	],
	[
		'and so on, as long as there are some',
		{
			fates: [
				['fails', 2],
				['fails', 2],
				['answers', 2],
			],
		},
		'attempt 2',
		6,
		[0, 2, 4],
	],
	[
		'when all have failed it has failed, with the last error',
		{
			fates: [
				['fails', 2],
				['fails', 3],
			],
		},
		'attempt 1 failed',
		5,
		[0, 2],
	],
	[
		'one endpoint that fails is not dialled twice',
		{
			fates: [
				['fails', 2],
				['answers', 1],
			],
			distinct: 1,
		},
		'attempt 0 failed',
		2,
		[0],
	],
	[
		'one that fails while another is silent leaves the silent one running',
		{ fates: ['never', ['fails', 10], ['answers', 5]], distinct: 2 },
		'attempt 2',
		805,
		[0, 300, 800],
	],
	[
		'a refusal is an answer: no other endpoint is asked',
		{
			fates: [
				['refuses', 5],
				['answers', 1],
			],
		},
		'no',
		5,
		[0],
	],
	[
		'an answer that will do waits for a better one',
		{
			fates: [
				['will do', 5],
				['answers', 500],
			],
		},
		'attempt 1',
		505,
		[0, 5],
	],
	[
		'an answer that will do is taken at once when nobody is left to give a better one',
		{
			fates: [
				['will do', 5],
				['fails', 5],
			],
		},
		'attempt 0',
		10,
		[0, 5],
	],
	[
		'and after a while when the others are silent',
		{ fates: [['will do', 5], 'never', 'never', 'never'], distinct: 2 },
		'attempt 0',
		1_005,
		[0, 5, 505],
	],
	[
		'silence everywhere ends at the limit',
		{ fates: [], distinct: 2, limitMs: 1_000 },
		'no answer within 1000 ms',
		1_000,
		[0, 300, 800],
	],
	[
		'an answer that comes after the end changes nothing',
		{ fates: [['answers', 1_500]], limitMs: 1_000 },
		'no answer within 1000 ms',
		1_000,
		[0, 300, 800],
	],
])('%s', async (_sentence, input, outcome, endedMs, starts) => {
	expect(await run(input)).toEqual({ outcome, endedMs, starts });
	expect(vi.getTimerCount()).toBe(0);
});

test('its signal ends it at once, whatever runs', async () => {
	const controller = new AbortController();
	setTimeout(() => controller.abort(), 400);
	expect(await run({ fates: [], distinct: 1, signal: controller.signal })).toEqual({
		outcome: 'stopped',
		endedMs: 400,
		starts: [0, 300],
	});
});

test('with a signal that is aborted already nothing is started', async () => {
	expect(await run({ fates: [], distinct: 1, signal: AbortSignal.abort() })).toEqual({
		outcome: 'stopped',
		endedMs: 0,
		starts: [],
	});
});
