/**
 * How to reach etcd: the rules between endpoints, credentials, TLS files, time-outs and TTL, for variables
 * and options alike.
 */
import type { EtcdConfig } from './config.js';
import { durationText } from './duration.js';
import { type Endpoint, ETCD_PORT, normalised } from './endpoints.js';
import type { Parser } from './parsed.js';
import { type Given, type Problems, take } from './problems.js';
import { firstOf, type ReadFile, readTlsFiles } from './tls-files.js';
import { PROCESS } from './variables.js';

export type { ReadFile } from './tls-files.js';

export type EtcdField =
	| 'endpoints'
	| 'username'
	| 'password'
	| 'caFile'
	| 'certFile'
	| 'keyFile'
	| 'dialTimeout'
	| 'callTimeout'
	| 'ttl';

export interface EtcdReading {
	readonly etcd: EtcdConfig;
	/** What was assumed and had better be known. */
	readonly notes: readonly string[];
}

export function readEtcd(
	look: (field: EtcdField) => Given,
	problems: Problems,
	readFile: ReadFile | undefined,
): EtcdReading {
	const files = readTlsFiles(look, problems, readFile);
	const hasFiles = Object.keys(files).length > 0;
	const given = look('endpoints');
	const written = readEndpoints(given, look, problems);
	// The default has a scheme for people to read; TLS files turn it into https, as they do with an endpoint
	// without one.
	const endpoints =
		given.text === undefined ? written.map((endpoint) => ({ ...endpoint, scheme: null })) : written;
	checkSchemes(given, endpoints, hasFiles ? look(firstOf(files)).name : null, problems);
	const hosts = normalised(endpoints, hasFiles);
	const ttlSeconds = take(look('ttl'), PROCESS.ttl, problems);
	const notes = notesOn(given, written, hosts);
	const etcd = {
		endpoints: hosts,
		auth: readAuth(look, problems),
		tls: hosts.some((host) => host.startsWith('https:')) ? files : null,
		dialTimeoutMs: take(look('dialTimeout'), PROCESS.dialTimeout, problems) ?? 0,
		callTimeoutMs: readCallTimeout(look('callTimeout'), look('ttl'), ttlSeconds, problems, notes),
		ttlSeconds: ttlSeconds ?? 0,
	};
	return { etcd, notes };
}

function readEndpoints(
	given: Given,
	look: (field: EtcdField) => Given,
	problems: Problems,
): readonly Endpoint[] {
	const apart = `give them apart, as ${look('username').name} and ${look('password').name}`;
	const parse: Parser<readonly Endpoint[]> = (text) => {
		const parsed = PROCESS.endpoints.parse(text);
		return 'value' in parsed || !text.includes('@') ? parsed : { ...parsed, mend: apart };
	};
	return take(given, { ...PROCESS.endpoints, parse }, problems) ?? [];
}

function checkSchemes(
	given: Given,
	endpoints: readonly Endpoint[],
	tlsName: string | null,
	problems: Problems,
): void {
	const schemes = new Set(endpoints.map(({ scheme }) => scheme ?? (tlsName === null ? 'http' : 'https')));
	if (tlsName !== null && schemes.has('http')) {
		problems.add(given, {
			expected: `no http:// endpoint, since ${tlsName} asks for TLS`,
			mend: `write https://, or unset ${tlsName}`,
		});
	} else if (schemes.size > 1) {
		problems.add(given, {
			expected: 'all endpoints http or all https, not mixed (without a scheme: http)',
			mend: 'write the same scheme in front of each',
		});
	}
}

function readAuth(look: (field: EtcdField) => Given, problems: Problems): EtcdConfig['auth'] {
	const [name, secret] = [look('username'), look('password')];
	const username = take(name, PROCESS.username, problems);
	const password = take(secret, PROCESS.password, problems);
	if (username !== undefined && password !== undefined)
		return {
			username,
			password,
			...(name.file === undefined ? {} : { usernameFile: name.file }),
			...(secret.file === undefined ? {} : { passwordFile: secret.file }),
		};
	const isSet = (given: Given): boolean => given.text !== undefined || given.mistake !== undefined;
	const lone = (missing: Given, there: Given): void =>
		problems.add(missing, {
			expected: `it beside ${there.name}`,
			mend: `set both ${name.name} and ${secret.name}, or neither`,
		});
	if (isSet(name) && !isSet(secret)) lone(secret, name);
	if (isSet(secret) && !isSet(name)) lone(name, secret);
	return null;
}

function readCallTimeout(
	given: Given,
	ttl: Given,
	ttlSeconds: number | undefined,
	problems: Problems,
	notes: string[],
): number {
	const value = take(given, PROCESS.callTimeout, problems) ?? 0;
	const limit = ttlSeconds === undefined ? Number.POSITIVE_INFINITY : ttlSeconds * 1000;
	if (given.text === undefined || value <= limit) return Math.min(value, limit);
	if (given.fallback === true)
		notes.push(`${given.name} is ${durationText(value)}, more than the TTL: ${ttlSeconds}s is taken`);
	else
		problems.add(given, {
			expected: `at most the TTL, ${ttlSeconds} s`,
			mend: `shorten it, or lengthen the TTL (${ttl.name})`,
		});
	return limit;
}

function notesOn(given: Given, written: readonly Endpoint[], hosts: readonly string[]): string[] {
	const assumed = written.filter((endpoint) => endpoint.portAssumed).map((endpoint) => endpoint.text);
	return [
		...(assumed.length > 0 ? [`${given.name} has no port in ${assumed.join(', ')}: took ${ETCD_PORT}`] : []),
		...(hosts.length < written.length ? [`${given.name} names an endpoint twice`] : []),
	];
}
