import { expect, test } from 'vitest';
import { cronSlot } from '../../src/adapters/cron.js';

const at = (iso: string) => Date.parse(iso);
const inZone = <T>(zone: string, work: () => T): T => {
	const before = process.env.TZ;
	process.env.TZ = zone;
	try {
		return work();
	} finally {
		if (before === undefined) delete process.env.TZ;
		else process.env.TZ = before;
	}
};

test.each([
	['a tick five seconds ahead', '2026-03-04T05:06:07.250Z', 5000, '12 6 5 4 * *'],
	['a tick right on a second', '2026-03-04T05:06:07.000Z', 5000, '12 6 5 4 * *'],
	['a tick in the next minute, hour, day, month and year', '2026-12-31T23:59:58.900Z', 2000, '0 0 0 1 * *'],
	['the leap day', '2028-02-28T23:59:59.500Z', 1000, '0 0 0 29 * *'],
	['a tick a day ahead', '2026-03-04T05:06:07.250Z', 86_400_000, '7 6 5 5 * *'],
	['a tick in the next second', '2026-03-04T05:06:07.999Z', 1, '8 6 5 4 * *'],
	['a tick in the current second has no slot', '2026-03-04T05:06:07.250Z', 700, null],
	['nor has a tick that is due now', '2026-03-04T05:06:07.000Z', 0, null],
])('%s', (_name, wall, delayMs, expected) => {
	expect(cronSlot(at(wall), delayMs)).toBe(expected);
	expect(inZone('America/New_York', () => cronSlot(at(wall), delayMs))).toBe(expected);
});

test.each([
	['New York, the last second before its repeated hour', 'America/New_York', '2026-11-01T05:59:59Z', true],
	['New York, the first second of it', 'America/New_York', '2026-11-01T06:00:00Z', false],
	['New York, the last second of it', 'America/New_York', '2026-11-01T06:59:59Z', false],
	['New York, the first second after it', 'America/New_York', '2026-11-01T07:00:00Z', true],
	['Berlin, within its repeated hour', 'Europe/Berlin', '2026-10-25T01:30:00Z', false],
	['Berlin, the hour skipped in spring', 'Europe/Berlin', '2026-03-29T01:00:00Z', true],
	['Lord Howe, within its repeated half hour', 'Australia/Lord_Howe', '2026-04-04T15:15:00Z', false],
	['Lord Howe, after it', 'Australia/Lord_Howe', '2026-04-04T15:30:00Z', true],
	['UTC knows no such hour', 'UTC', '2026-11-01T06:00:00Z', true],
])('%s', (_name, zone, slot, carried) => {
	const expression = inZone(zone, () => cronSlot(at(slot) - 3000, 3000));
	expect(expression !== null).toBe(carried);
});
