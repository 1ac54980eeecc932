/**
 * The addresses of a host name, without a thread of the process. getaddrinfo occupies one of libuv's four
 * threads for as long as DNS is silent, and the end of the process waits for it: so DNS is asked by c-ares
 * (node:dns Resolver), which can be cancelled, by the rules of the C library: /etc/hosts first, then the
 * search list of /etc/resolv.conf. Only where DNS answers and does not know the name is getaddrinfo asked,
 * since the system may have other sources (mDNS, LDAP). One query per name is in flight in the whole process.
 * The addresses that a name had last stand in while DNS gives none.
 */
import { promises as dns } from 'node:dns';
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';

/** So long a fresh answer is waited for where the last one is known. */
const PATIENCE_MS = 200;
/**
 * After one family's addresses came, those of the other are waited for so long (RFC 8305, "resolution
 * delay").
 */
const OTHER_FAMILY_MS = 50;
/**
 * What DNS says when it knows no such name; anything else is no answer. No server at all (ECONNREFUSED) is
 * for getaddrinfo to tell.
 */
const UNKNOWN_NAME: ReadonlySet<unknown> = new Set(['ENOTFOUND', 'ENODATA', 'ECONNREFUSED', 'EBADNAME']);

interface Query {
	readonly answer: Promise<readonly string[]>;
	waiting: number;
	cancel(): void;
}

const queries = new Map<string, Query>();
const lookups = new Map<string, Promise<readonly string[]>>();
const remembered = new Map<string, readonly string[]>();

/**
 * At least one address. Rejects when there is none, or when the signal aborts; the last that waits takes the
 * query along.
 */
export async function addressesOf(host: string, signal: AbortSignal): Promise<readonly string[]> {
	if (isIP(host) !== 0) return [host];
	const asking = shared(host, signal);
	const known = remembered.get(host);
	if (known === undefined) return asking;
	let timer: NodeJS.Timeout | undefined;
	const late = new Promise<readonly string[]>((resolve) => {
		timer = setTimeout(resolve, PATIENCE_MS, known);
	});
	return Promise.race([asking.catch(() => known), late]).finally(() => clearTimeout(timer));
}

function shared(host: string, signal: AbortSignal): Promise<readonly string[]> {
	const query = queries.get(host) ?? begin(host);
	query.waiting += 1;
	return new Promise((resolve, reject) => {
		const leave = () => {
			query.waiting -= 1;
			if (query.waiting === 0) query.cancel();
			reject(new Error('stopped'));
		};
		if (signal.aborted) return leave();
		signal.addEventListener('abort', leave, { once: true });
		const settled = () => signal.removeEventListener('abort', leave);
		query.answer.then(resolve, reject).then(settled, settled);
	});
}

function begin(host: string): Query {
	// Made anew each time: /etc/resolv.conf may have changed.
	const resolver = new dns.Resolver({ timeout: 1_000, tries: 3 });
	const forget = () => {
		if (queries.get(host) === query) queries.delete(host);
	};
	const answer = ask(host, resolver).then(
		(addresses) => {
			forget();
			remembered.set(host, addresses);
			return addresses;
		},
		(error: unknown) => {
			forget();
			throw error;
		},
	);
	// Nobody may be waiting any more.
	answer.catch(() => undefined);
	const cancel = () => {
		forget();
		resolver.cancel();
	};
	const query: Query = { answer, waiting: 0, cancel };
	queries.set(host, query);
	return query;
}

async function ask(host: string, resolver: dns.Resolver): Promise<readonly string[]> {
	const listed = hostsEntries(textOf('/etc/hosts'), host);
	if (listed.length > 0) return listed;
	if (/^(?:.+\.)?localhost\.?$/i.test(host)) return ['127.0.0.1', '::1'];
	for (const name of searched(textOf('/etc/resolv.conf'), host)) {
		const addresses = await askDns(resolver, name);
		if (addresses.length > 0) return addresses;
	}
	return systemLookup(host);
}

/** It can't be cancelled and occupies a thread while it waits: one at a time for a name. */
function systemLookup(host: string): Promise<readonly string[]> {
	const running =
		lookups.get(host) ??
		dns
			.lookup(host, { all: true })
			.then((found) => found.map(({ address }) => address))
			.finally(() => lookups.delete(host));
	lookups.set(host, running);
	return running;
}

/** Empty = DNS knows no such name. Rejects when it does not answer. */
async function askDns(resolver: dns.Resolver, name: string): Promise<string[]> {
	const families = [resolver.resolve4(name), resolver.resolve6(name)];
	const found: string[][] = [[], []];
	let timer: NodeJS.Timeout | undefined;
	return new Promise<string[]>((resolve, reject) => {
		const done = () => resolve(found.flat());
		let failure: unknown = null;
		const settled = families.map((family, index) =>
			family.then(
				(addresses) => {
					found[index] = addresses;
					timer ??= setTimeout(done, OTHER_FAMILY_MS);
				},
				(error: NodeJS.ErrnoException) => {
					if (!UNKNOWN_NAME.has(error.code)) failure = error;
				},
			),
		);
		Promise.all(settled).then(() => {
			if (failure === null || found.flat().length > 0) return done();
			reject(new Error('DNS does not answer', { cause: failure }));
		}, reject);
	}).finally(() => clearTimeout(timer));
}

/** The addresses of a host in the text of /etc/hosts. */
export function hostsEntries(text: string, host: string): string[] {
	const wanted = host.toLowerCase().replace(/\.$/, '');
	return text.split('\n').flatMap((line) => {
		const [address = '', ...names] = line.replace(/#.*/, '').trim().split(/\s+/);
		return isIP(address) !== 0 && names.some((name) => name.toLowerCase() === wanted) ? [address] : [];
	});
}

/**
 * The names to ask for, in order, by the text of /etc/resolv.conf (resolv.conf(5): `search`, `domain`,
 * `ndots`).
 */
export function searched(text: string, host: string): string[] {
	if (host.endsWith('.')) return [host];
	const lines = text.split('\n').map((line) => line.trim().split(/\s+/));
	const [, ...domains] = lines.findLast(([word]) => word === 'search' || word === 'domain') ?? [];
	const options = lines.filter(([word]) => word === 'options').flat();
	const ndots = Number(options.findLast((option) => option.startsWith('ndots:'))?.slice(6) ?? 1);
	const longer = domains.filter((domain) => domain !== '.').map((domain) => `${host}.${domain}`);
	return host.split('.').length - 1 >= ndots ? [host, ...longer] : [...longer, host];
}

function textOf(path: string): string {
	try {
		return readFileSync(path, 'utf8');
	} catch {
		return '';
	}
}
