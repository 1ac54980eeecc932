import { isSilentHere } from '../../adapters/checks/port.js';
import { parseAddress } from '../../core/address.js';
import type { ServiceConfig } from '../../core/settings/config.js';

const LIMIT_MS = 1_000;

/**
 * Warnings, one for each service without a check at whose address on this host nothing accepts now. Never
 * rejects.
 */
export async function unguarded(services: readonly ServiceConfig[]): Promise<string[]> {
	const silent = await Promise.all(
		services.map(async ({ check, addr, host }) => {
			const address = parseAddress(addr);
			if (check !== null || host !== undefined || !('value' in address)) return [];
			const isSilent = await isSilentHere(address.value.host, address.value.port, LIMIT_MS);
			return isSilent ? [addr] : [];
		}),
	);
	return silent
		.flat()
		.map(
			(addr) =>
				`nothing accepts at ${addr} on this host, and no check guards it: clients are sent there all the same; SERVICE_CHECK=port registers it only while something accepts`,
		);
}
