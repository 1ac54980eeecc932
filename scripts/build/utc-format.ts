/**
 * As much of `Intl.DateTimeFormat` as node-cron uses, for UTC alone: the parts of a date in `en-US`, or the
 * zone's offset.
 */
type Format = Pick<Intl.DateTimeFormat, 'formatToParts'>;

const WEEKDAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];

export class UtcFormat implements Format {
	readonly formatToParts: Format['formatToParts'];

	/** @throws RangeError for another zone than UTC. */
	constructor(_locale: string, { timeZone, timeZoneName }: Intl.DateTimeFormatOptions) {
		if (timeZone !== 'UTC') throw new RangeError(`only UTC is bundled, not ${timeZone}`);
		this.formatToParts =
			timeZoneName === undefined
				? (date) => partsOf(new Date(date ?? Date.now()))
				: () => [{ type: 'timeZoneName', value: 'GMT' }];
	}
}

function partsOf(date: Date): Intl.DateTimeFormatPart[] {
	const part = (type: Intl.DateTimeFormatPartTypes, value: number) => ({
		type,
		value: String(value).padStart(2, '0'),
	});
	return [
		{ type: 'weekday', value: WEEKDAYS[date.getUTCDay()] ?? '' },
		part('month', date.getUTCMonth() + 1),
		part('day', date.getUTCDate()),
		part('year', date.getUTCFullYear()),
		part('hour', date.getUTCHours()),
		part('minute', date.getUTCMinutes()),
		part('second', date.getUTCSeconds()),
	];
}
