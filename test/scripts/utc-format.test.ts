import { expect, test } from 'vitest';
import { UtcFormat } from '../../scripts/build/utc-format.js';

// As node-cron asks (its dist/_shared.js).
const PARTS = {
	year: 'numeric',
	month: '2-digit',
	day: '2-digit',
	hour: '2-digit',
	minute: '2-digit',
	second: '2-digit',
	weekday: 'short',
} as const;
const OFFSET = { timeZoneName: 'shortOffset' } as const;
const DAY_MS = 86_400_000;

test.each(['2024-02-29T23:59:59Z', '2026-11-01T06:00:00Z', '1970-01-01T00:00:00Z', '2099-12-31T12:00:00Z'])(
	'%s reads as ICU reads it in UTC',
	(start) => {
		for (let day = 0; day < 800; day += 1) {
			const date = new Date(Date.parse(start) + day * (DAY_MS + 3_723_000));
			expect(read(new UtcFormat('en-US', { ...PARTS, timeZone: 'UTC' }), date)).toEqual(
				read(new Intl.DateTimeFormat('en-US', { ...PARTS, hour12: false, timeZone: 'UTC' }), date),
			);
		}
	},
);

test('its offset is none, as ICU says in one word or another', () => {
	for (const Format of [UtcFormat, Intl.DateTimeFormat]) {
		const part = new Format('en-US', { ...OFFSET, timeZone: 'UTC' })
			.formatToParts(new Date())
			.find(({ type }) => type === 'timeZoneName');
		expect(part?.value).toMatch(/^(GMT|UTC)([+-]0)?$/);
	}
});

test('another zone is refused, not misread', () => {
	expect(() => new UtcFormat('en-US', { timeZone: 'Europe/Berlin' })).toThrow('only UTC');
});

/** What node-cron takes from it: numbers, and 24 for midnight as 0. */
function read(
	format: Pick<Intl.DateTimeFormat, 'formatToParts'>,
	date: Date,
): Record<string, string | number> {
	const parts = Object.fromEntries(format.formatToParts(date).map(({ type, value }) => [type, value]));
	const { weekday, hour, ...rest } = parts;
	const numbers = Object.entries(rest).filter(([type]) => type !== 'literal');
	return {
		weekday: String(weekday),
		hour: Number(hour) % 24,
		...Object.fromEntries(numbers.map(([type, value]) => [type, Number(value)])),
	};
}
