/**
 * How to reach etcd: the rules between endpoints, credentials, TLS files, time-outs and TTL, for variables
 * and options alike.
 */
import type { EtcdConfig } from './config.js';
import type { GivenOf } from './environment/environment.js';
import type { PROCESS } from './environment/variables.js';
import { type Given, type Problems, take } from './problems.js';
import { firstTlsName, type ReadFile, tlsFiles } from './tls-files.js';
import { durationText } from './values/durations.js';
import { type Endpoint, ETCD_PORT, NO_USERINFO, normalised } from './values/endpoints.js';

type Credential = 'username' | 'password';
type Timing = 'dialTimeout' | 'callTimeout' | 'ttl';
export type EtcdGiven = GivenOf<
	Pick<typeof PROCESS, 'endpoints' | Credential | 'caFile' | 'certFile' | 'keyFile' | Timing>
>;

export interface EtcdReading {
	readonly etcd: EtcdConfig;
	/** What was assumed and had better be known. */
	readonly notes: readonly string[];
}

export function etcdConfig(
	given: EtcdGiven,
	problems: Problems,
	readFile: ReadFile | undefined,
): EtcdReading {
	const files = tlsFiles(given, problems, readFile);
	const tlsName = firstTlsName(files, given);
	const endpoints = takeEndpoints(given, problems);
	checkSchemes(given.endpoints, endpoints, tlsName, problems);
	const hosts = normalised(endpoints, tlsName !== null);
	const ttlSeconds = take(given.ttl, problems);
	const notes = notesOn(given.endpoints, endpoints, hosts);
	const etcd = {
		endpoints: hosts,
		auth: credentials(given, problems),
		tls: hosts.some((host) => host.startsWith('https:')) ? files : null,
		dialTimeoutMs: take(given.dialTimeout, problems) ?? 0,
		callTimeoutMs: callTimeout(given, ttlSeconds, problems, notes),
		ttlSeconds: ttlSeconds ?? 0,
	};
	return { etcd, notes };
}

function takeEndpoints(given: EtcdGiven, problems: Problems): readonly Endpoint[] {
	const { endpoints, username, password } = given;
	const { parsed } = endpoints;
	if (parsed === undefined || 'value' in parsed || parsed.expected !== NO_USERINFO)
		return take(endpoints, problems) ?? [];
	problems.add(endpoints, { ...parsed, mend: `give them apart, as ${username.name} and ${password.name}` });
	return [];
}

function checkSchemes(
	given: Given<unknown>,
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

function credentials(given: Pick<EtcdGiven, Credential>, problems: Problems): EtcdConfig['auth'] {
	const username = take(given.username, problems);
	const password = take(given.password, problems);
	if (username !== undefined && password !== undefined)
		return {
			username,
			password,
			...(given.username.file === undefined ? {} : { usernameFile: given.username.file }),
			...(given.password.file === undefined ? {} : { passwordFile: given.password.file }),
		};
	const lone = (missing: Given<string>, there: Given<string>): void =>
		problems.add(missing, {
			expected: `it beside ${there.name}`,
			mend: `set both ${given.username.name} and ${given.password.name}, or neither`,
		});
	const [hasName, hasPassword] = [given.username.parsed !== undefined, given.password.parsed !== undefined];
	if (hasName && !hasPassword) lone(given.password, given.username);
	if (hasPassword && !hasName) lone(given.username, given.password);
	return null;
}

function callTimeout(
	{ callTimeout: given, ttl }: EtcdGiven,
	ttlSeconds: number | undefined,
	problems: Problems,
	notes: string[],
): number {
	const value = take(given, problems) ?? 0;
	const limit = ttlSeconds === undefined ? Number.POSITIVE_INFINITY : ttlSeconds * 1000;
	if (given.parsed === undefined || value <= limit) return Math.min(value, limit);
	if (given.fallback === true)
		notes.push(`${given.name} is ${durationText(value)}, more than the TTL: ${ttlSeconds}s is taken`);
	else
		problems.add(given, {
			expected: `at most the TTL, ${ttlSeconds} s`,
			mend: `shorten it, or lengthen the TTL (${ttl.name})`,
		});
	return limit;
}

function notesOn(given: Given<unknown>, endpoints: readonly Endpoint[], hosts: readonly string[]): string[] {
	const assumed = endpoints.filter((endpoint) => endpoint.portAssumed).map((endpoint) => endpoint.text);
	return [
		...(assumed.length > 0 ? [`${given.name} has no port in ${assumed.join(', ')}: took ${ETCD_PORT}`] : []),
		...(hosts.length < endpoints.length ? [`${given.name} names an endpoint twice`] : []),
	];
}
