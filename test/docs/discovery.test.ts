/**
 * The tables of docs/discovery.md against the types of discovery: the compiler finds what is missing here.
 */
import { expect, test } from 'vitest';
import type {
	DiscoverOptions,
	Discovery,
	DiscoveryEvent,
	DiscoveryStatus,
	Instance,
} from '../../src/discovery.js';
import { codes, page, rowsOf } from './markdown.js';

const named = <T extends string>(names: Readonly<Record<T, true>>): string[] => Object.keys(names).toSorted();

test.each([
	[
		'option of discovery',
		named<keyof DiscoverOptions>({
			...{ endpoints: true, name: true, format: true, namespace: true, auth: true, tls: true },
			...{
				pollSeconds: true,
				emptyGraceSeconds: true,
				dialTimeoutMs: true,
				callTimeoutMs: true,
				logger: true,
			},
		}),
	],
	['event of discovery', named<DiscoveryEvent>({ changed: true, stale: true, fresh: true })],
	[
		'field of an instance',
		named<keyof Instance>({
			...{ key: true, id: true, host: true, port: true, addr: true },
			...{ protocol: true, version: true, weight: true, metadata: true },
		}),
	],
	[
		'field of its status',
		named<keyof DiscoveryStatus>({
			...{ state: true, name: true, format: true, prefix: true, instances: true, leftOut: true },
			...{ asOf: true, lastError: true, endpoint: true, reads: true },
		}),
	],
])('the table of %s holds each one, and no other', (head, known) => {
	const told = rowsOf([page('docs/discovery.md')], head).flatMap(([cell]) => codes(cell));
	expect(told.toSorted()).toEqual(known);
});

test('every method is in the table', () => {
	const calls = rowsOf([page('docs/discovery.md')], 'call').flatMap(([cell]) => codes(cell));
	expect(calls.map((call) => call.replace(/\(.*/, '')).toSorted()).toEqual([
		...named<Exclude<keyof Discovery, symbol> | 'discover'>({
			...{ discover: true, ready: true, instances: true, pick: true, refresh: true },
			...{ on: true, status: true, close: true },
		}),
	]);
});
