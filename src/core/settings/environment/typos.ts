/**
 * Variables that look like ours and are not. Never a mistake for sure, since a name may be somebody else's:
 * told, not refused.
 */
import { distance } from '../../distance.js';
import type { Env } from './environment.js';
import { type Label, labelled } from './labels.js';
import { META_PREFIX, SERVICE, VARIABLES } from './service-variables.js';

/**
 * Kubernetes sets these for every Service it has (`<NAME>_SERVICE_HOST`, `<NAME>_PORT_80_TCP_ADDR`), Docker
 * links the latter too.
 */
const KUBERNETES = /_SERVICE_(HOST|PORT)(_|$)|_PORT(_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?$/;

export function warningsOn(env: Env, labels: readonly Label[]): string[] {
	const own = VARIABLES.flatMap(({ name, fromFile }) =>
		fromFile === true ? [name, `${name}_FILE`] : [name],
	);
	const services = labels.flatMap((label) => Object.values(SERVICE).map(({ name }) => labelled(name, label)));
	const known = new Set([...own, ...services]);
	const prefixes = [META_PREFIX, ...labels.map((label) => labelled(META_PREFIX, label))];
	const set = Object.keys(env).filter((name) => env[name]);
	const slips = set.flatMap((name) => prefixSlip(name, known) ?? []);
	const odd = set
		.filter((name) => /^(SERVICE|ETCD|REGISTRAR)_/.test(name))
		.filter(
			(name) =>
				!known.has(name) && !prefixes.some((prefix) => name.startsWith(prefix)) && !KUBERNETES.test(name),
		)
		.flatMap((name) => warningOn(name, [...known]) ?? []);
	return [...odd, ...slips];
}

/** `REGISTAR_HTTP`: the rest is a name of ours, and the first word a slip away from it. */
function prefixSlip(name: string, known: ReadonlySet<string>): string | null {
	const [, first = '', rest = ''] = /^([A-Z]+)_(.+)$/.exec(name) ?? [];
	const meant = ['SERVICE', 'REGISTRAR', 'ETCD'].find(
		(word) =>
			word !== first && known.has(`${word}_${rest}`) && distance(first, word) <= (word === 'ETCD' ? 1 : 2),
	);
	return meant === undefined ? null : `${name} is not read: did you mean ${meant}_${rest}?`;
}

/** What other programs call it. */
const OTHER_WORDS: readonly (readonly [words: RegExp, meant: string])[] = [
	[/^SERVICE_METADATA_(.+)$/, `${META_PREFIX}$1`],
	[/^SERVICE_CHECK_(URL|HTTP|TCP|SCRIPT|CMD)$/, SERVICE.check.name],
	[/^ETCD_(URLS?|HOSTS?|ADDR(ESS)?(ES)?|SERVERS?|ENDPOINT|NODES)$/, 'ETCD_ENDPOINTS'],
	[/^SERVICE_ADRES+E?$/, 'SERVICE_ADDR'],
];

function warningOn(name: string, known: readonly string[]): string | null {
	const [words, meant = ''] = OTHER_WORDS.find(([words]) => words.test(name)) ?? [];
	const near = words ? name.replace(words, meant) : known.find((candidate) => isNear(name, candidate));
	const label = /^SERVICE_(.+)_(?:NAME|ADDR)$/.exec(name)?.[1];
	// One of a single letter is only two away from the plain name.
	const isLabel = label !== undefined && (near === SERVICE.name.name || near === SERVICE.addr.name);
	if (near !== undefined && !isLabel) return `${name} is not read: did you mean ${near}?`;
	if (label !== undefined) return `${name} is not read: SERVICES does not name ${label.toLowerCase()}`;
	return name.startsWith('REGISTRAR_') ? `${name} is not read: there is no such variable` : null;
}

/**
 * One begins the other (ETCD_USER, SERVICE_ADDRESS, ETCD_CERT_FILE), or a slip or two of the finger apart.
 */
function isNear(name: string, known: string): boolean {
	if (known.startsWith(name) && name.length >= 9) return true;
	if (name.startsWith(known) && /^([A-Z]+|_FILE)$/.test(name.slice(known.length))) return true;
	return Math.abs(name.length - known.length) <= 2 && distance(name, known) <= (known.length >= 12 ? 2 : 1);
}
