import { expect, test } from 'vitest';
import type { FormatName } from '../../../src/core/formats/index.js';
import { drainDoubt } from '../../../src/core/settings/doubts.js';
import { parseConfig } from '../../../src/core/settings/from-environment.js';

const rows: [sentence: string, formats: FormatName, delay: string, doubt: RegExp | null][] = [
	['readers that watch', 'grpc', '0s', null],
	[
		'kitex reads every 5 s',
		'kitex',
		'0s',
		/REGISTRAR_DRAIN_DELAY is 0s.*clients of kitex .*5 s.*set it to 6s$/,
	],
	['5 s are not enough', 'hertz', '5s', /is 5s.*set it to 6s$/],
	['6 s are', 'kitex', '6s', null],
	['one of several', 'grpc,kitex' as FormatName, '1s', /clients of kitex /],
	['CoreDNS answers from its cache', 'coredns', '0s', /clients of coredns /],
];
test.each(rows)('%s', (_sentence, SERVICE_FORMAT, REGISTRAR_DRAIN_DELAY, doubt) => {
	const { config } = parseConfig(
		{
			...{ SERVICE_NAME: 'user', SERVICE_ADDR: '10.0.0.5:80', SERVICE_ID: 'user-1' },
			...{ SERVICE_FORMAT, REGISTRAR_DRAIN_DELAY },
		},
		{ readFile: () => '', sourceOf: () => 'environment' },
	);
	if (doubt === null) expect(drainDoubt(config)).toBeNull();
	else expect(drainDoubt(config)).toMatch(doubt);
});
