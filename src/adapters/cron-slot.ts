/**
 * The cron expression (second minute hour day, in UTC) of the whole second in which a beat `delayMs` from now falls, or `null`
 * where cron can't carry that beat. A slot of its own for each beat serves any interval: one repeating expression is even for
 * thirty intervals only. Without a month: when a slot comes, node-cron looks for the next one, day by day, and a month is soon over.
 *
 * `null` in two cases. The slot is not after the current second: node-cron would take it for one of next month. Or it lies in the
 * hour that the host's time zone repeats in autumn: node-cron 4.6 cuts off the milliseconds in local time, which leads an hour
 * back there, and then wakes up about 900 times a second until the hour is over.
 */
export function cronSlot(wallMs: number, delayMs: number): string | null {
	const slotMs = Math.floor((wallMs + delayMs) / 1000) * 1000;
	if (slotMs <= wallMs || new Date(slotMs).setMilliseconds(0) !== slotMs) return null;
	const slot = new Date(slotMs);
	return `${slot.getUTCSeconds()} ${slot.getUTCMinutes()} ${slot.getUTCHours()} ${slot.getUTCDate()} * *`;
}
