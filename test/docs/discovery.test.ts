/** docs/discovery.md against the code. */
import { expect, test } from 'vitest';
import type { DiscoverOptions } from '../../src/discovery.js';
import { bare, page, tableIn } from './pages.js';

const OPTIONS: Readonly<Record<keyof DiscoverOptions, true>> = {
	...{ endpoints: true, name: true, format: true, namespace: true, auth: true, tls: true },
	...{ pollSeconds: true, emptyGraceSeconds: true, dialTimeoutMs: true, callTimeoutMs: true, logger: true },
};

test('the table of options holds each one, and no other', () => {
	const told = tableIn(page('docs/discovery.md'), 'option').flatMap(([names]) => bare(names).split(', '));
	expect(told.toSorted()).toEqual(Object.keys(OPTIONS).toSorted());
});
