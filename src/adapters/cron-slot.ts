/**
 * The cron expression (second minute hour day month, in UTC) of the whole second in which a beat `delayMs` from now falls, or
 * `null` where cron can't carry that beat. A slot of its own for each beat serves any interval: one repeating expression is even
 * for thirty intervals only.
 *
 * `null` in two cases. The slot is not after the current second: node-cron would take it for one of next year. Or it lies in the
 * hour that the host's time zone repeats in autumn: node-cron 4.6 cuts off the milliseconds in local time, which leads an hour
 * back there, and then wakes up about 900 times a second until the hour is over.
 */
export function cronSlot(wallMs: number, delayMs: number): string | null {
	const slotMs = Math.floor((wallMs + delayMs) / 1000) * 1000;
	if (slotMs <= wallMs || new Date(slotMs).setMilliseconds(0) !== slotMs) return null;
	const slot = new Date(slotMs);
	return `${slot.getUTCSeconds()} ${slot.getUTCMinutes()} ${slot.getUTCHours()} ${slot.getUTCDate()} ${slot.getUTCMonth() + 1} *`;
}
