import { expect, test } from 'vitest';
import { FULL_BUCKET, takeToken } from '../../src/core/pace.js';

/** Takes at each of the moments; what each was told. */
function waits(...moments: number[]): number[] {
	let bucket = FULL_BUCKET;
	return moments.map((nowMs) => {
		const taken = takeToken(bucket, nowMs);
		bucket = taken.bucket;
		return taken.waitMs;
	});
}

const ten = (nowMs: number) => new Array<number>(10).fill(nowMs);
const free = new Array<number>(10).fill(0);

test.each([
	['ten at once are free, the eleventh waits half a second', [...ten(0), 0], [...free, 500]],
	['who waited as told gets a token', [...ten(0), 0, 500], [...free, 500, 0]],
	['then the next waits again', [...ten(0), 500, 500], [...free, 0, 500]],
	['who comes early is told what is left', [...ten(0), 200], [...free, 300]],
	['being refused costs nothing', [...ten(0), 0, 100, 200, 500], [...free, 500, 400, 300, 0]],
	['after five seconds of quiet it is full again', [...ten(0), ...ten(5000), 5000], [...free, ...free, 500]],
	[
		'a long quiet gives no more than a full bucket',
		[...ten(0), ...ten(3_600_000), 3_600_000],
		[...free, ...free, 500],
	],
	['two a second go on for ever', [...ten(0), 500, 1000, 1500, 2000], [...free, 0, 0, 0, 0]],
	['any origin of time will do', [...ten(-7000), -7000], [...free, 500]],
])('%s', (_name, moments, expected) => {
	expect(waits(...moments)).toEqual(expected);
});

test('waiting as told is enough, whatever fraction of a millisecond the clock shows', () => {
	for (let i = 0; i < 1000; i++) {
		const startMs = 123.456 + i * 17.77;
		let bucket = FULL_BUCKET;
		for (let n = 0; n < 10; n++) bucket = takeToken(bucket, startMs + n / 7).bucket;
		const nowMs = startMs + 2;
		const { waitMs } = takeToken(bucket, nowMs);
		expect(waitMs).toBeGreaterThan(0);
		expect(takeToken(bucket, nowMs + waitMs).waitMs).toBe(0);
	}
});

test('a taken token changes no older bucket', () => {
	takeToken(FULL_BUCKET, 0);
	expect(FULL_BUCKET.fullAtMs).toBe(Number.NEGATIVE_INFINITY);
});
