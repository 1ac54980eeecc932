/** What `list` and `watch` share: a catalog of what stands in etcd, and which part of it to read. */

import { EtcdCatalog } from '../../adapters/etcd/catalog.js';
import { monotonicClock } from '../../adapters/host/clock.js';
import { StoreError, type StoreErrorCode } from '../../core/errors.js';
import { parseLookup, prefixesOf } from '../../core/settings/environment/lookup.js';
import { SERVICE } from '../../core/settings/environment/service-variables.js';
import { VARIABLE_NAMES } from '../../core/settings/environment/variables.js';
import { UsageError } from '../arguments.js';
import type { Context } from '../context.js';
import { readVariables } from '../settings.js';

export interface InspectCall {
	readonly envFile: string | null;
	readonly name: string | null;
	readonly json: boolean;
}

export interface Inspection {
	readonly catalog: EtcdCatalog;
	readonly prefixes: readonly string[];
	readonly endpoints: readonly string[];
}

/** @throws ConfigError, UsageError for a name that no service can have */
export function openInspection(context: Context, { envFile, name }: InspectCall): Inspection {
	if (name !== null) {
		const parsed = SERVICE.name.parse(name);
		if (!('value' in parsed))
			throw new UsageError(`the name ${JSON.stringify(name)}: expected ${parsed.expected}`);
	}
	const { env, options } = readVariables(context, envFile);
	const { etcd, views } = parseLookup(env, options);
	const warn = (message: string) => context.stderr.write(`etcd-registrar: ${message}\n`);
	const logger = { debug() {}, info() {}, warn, error: warn };
	const settings = { ...etcd, authRetryMs: etcd.ttlSeconds * 1_000, names: VARIABLE_NAMES };
	const catalog = new EtcdCatalog(settings, monotonicClock, logger);
	return { catalog, prefixes: prefixesOf(views, name), endpoints: etcd.endpoints };
}

/** One sentence that names the cause and what to do about it. */
export function storeTrouble(
	error: StoreError,
	{ endpoints, prefixes }: Pick<Inspection, 'endpoints' | 'prefixes'>,
): string {
	const where = `etcd at ${endpoints.join(', ')}`;
	if (error.code === 'permission-denied')
		return `${where} denies reading: the role needs ${prefixes.map((prefix) => `read --prefix '${prefix}'`).join(' and ')}`;
	if (error.code === 'authentication-failed')
		return `${where} refuses the user name or the password: check ETCD_USERNAME and ETCD_PASSWORD`;
	if (error.code === 'token-rejected')
		return `${where} wants a user name and a password: set ETCD_USERNAME and ETCD_PASSWORD`;
	return `${where} ${REFUSALS.has(error.code) ? 'refuses' : 'does not answer'}: ${error.message}`;
}

/** etcd is there and says no. */
const REFUSALS: ReadonlySet<StoreErrorCode> = new Set(['exhausted', 'invalid', 'lease-not-found']);

/** What waiting mends only if somebody changes users or settings meanwhile. */
export const isLasting = ({ code }: StoreError): boolean =>
	code === 'permission-denied' ||
	code === 'authentication-failed' ||
	code === 'token-rejected' ||
	code === 'invalid';

export const isStoreError = (error: unknown): error is StoreError => error instanceof StoreError;
