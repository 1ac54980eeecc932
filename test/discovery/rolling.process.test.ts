/** The promise of `etcd-registrar/grpc` in short; `make test-discovery` has it at length. */
import { expect, test } from 'vitest';
import { rolled } from './rolling.js';

test('servers rolled once under load with a drain delay, and etcd away for a while: no call fails', async (context) => {
	const { calls, ...rest } = await rolled(context, {
		...{ rounds: 1, outageMs: 3_000, drainDelay: '3s', dial: 'etcd' },
	});
	expect(rest).toMatchObject({ failed: 0, reasons: {} });
	expect(calls).toBeGreaterThan(1_000);
}, 240_000);
