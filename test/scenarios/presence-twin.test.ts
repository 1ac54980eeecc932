import { expect, test } from 'vitest';
import { compile } from '../support/compile.js';
import { startEtcd } from '../support/etcd/etcd.js';
import { Gateway } from '../support/etcd/gateway.js';
import { runCommand } from '../support/process/command.js';
import { startRegistrar } from '../support/process/registrar.js';
import { recordHistory } from '../support/stage/gaps.js';
import { end, expectRest, observe } from '../support/stage/stage.js';
import { until } from '../support/until.js';

const KEY = '/ns/user/10.0.0.5:8080';
/** A lease that is renewed each third of it outlives the stalls of a busy machine. */
const TTL_SECONDS = 4;
const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

test('a twin that knows only presence, as the classic registrar does, is harmless', async (context) => {
	const etcd = await startEtcd();
	context.onTestFinished(() => etcd.kill());
	const gateway = new Gateway(etcd.endpoint);
	const entry = await compile(new URL('../demo/first-design.ts', import.meta.url));
	const env = {
		ETCD_ENDPOINTS: etcd.endpoint,
		SERVICE_NAME: 'user',
		SERVICE_ADDR: '10.0.0.5:8080',
		SERVICE_TTL: String(TTL_SECONDS),
	};
	const twin = runCommand([], env, { entry });
	context.onTestFinished(() => twin.signal('SIGKILL'));
	await until(() => gateway.get(KEY));

	// The registrar starts later: the key is its own from then on, and was never missing.
	const history = await recordHistory(context, gateway, KEY);
	const registrar = startRegistrar(etcd.endpoint, { ttlSeconds: TTL_SECONDS });
	context.onTestFinished(() => end(registrar));
	const timeline = observe(context, gateway, registrar);
	await timeline.right();
	await wait(2.5 * TTL_SECONDS * 1_000);
	expect(history.events.map(({ type }) => type)).toEqual(['put']);

	// Whatever happens to the key now, it is there: put back by us, or by the twin where its poll came in the
	// same moment.
	for (let times = 0; times < 3; times += 1) {
		await gateway.delete(KEY);
		await wait(1_000);
		expect((await gateway.get(KEY))?.value).toBe('10.0.0.5:8080');
	}
	await expectRest({ gateway, registrar });

	registrar.signal('SIGTERM');
	expect((await registrar.waitExit()).code).toBe(0);
	// Its turn again.
	await until(() => gateway.get(KEY));
});
