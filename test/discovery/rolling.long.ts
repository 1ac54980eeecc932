/**
 * The promise of `etcd-registrar/grpc` at length, and what it is worth: the same without a drain delay, and
 * with addresses that nobody updates.
 */
import { afterAll, expect, test } from 'vitest';
import { type Rolled, type Rolling, rolled } from './rolling.js';

const AT_LENGTH: Pick<Rolling, 'rounds' | 'outageMs'> = { rounds: 5, outageMs: 60_000 };
const lines: string[] = [];
const told = (what: string, { calls, failed, reasons, spread }: Rolled): void => {
	lines.push(`${what}: ${failed} of ${calls} calls failed, ${spread.join(' to ')} calls a server`);
	for (const [reason, times] of Object.entries(reasons)) lines.push(`    ${times} × ${reason.slice(0, 140)}`);
};
afterAll(() => void process.stdout.write(`${lines.join('\n')}\n`));

for (const release of ['1.12', '1.13', '1.14'] as const)
	test(`grpc-js ${release}: five rolling restarts under 200 calls a second, a minute without etcd in the middle: no call fails`, async (context) => {
		const result = await rolled(context, { ...AT_LENGTH, drainDelay: '3s', dial: 'etcd', release });
		told(`etcd:///who, grpc-js ${release}, drain delay 3 s`, result);
		expect(result).toMatchObject({ failed: 0, reasons: {} });
	});

test('the same without a drain delay: calls fail', async (context) => {
	const result = await rolled(context, { ...AT_LENGTH, outageMs: 0, drainDelay: '0s', dial: 'etcd' });
	told('etcd:///who, no drain delay', result);
	expect(result.failed).toBeGreaterThan(0);
});

test('the same with static addresses: calls fail', async (context) => {
	const result = await rolled(context, {
		...{ ...AT_LENGTH, outageMs: 0, drainDelay: '3s', dial: 'static addresses' },
	});
	told('static addresses, drain delay 3 s', result);
	expect(result.failed).toBeGreaterThan(0);
});
