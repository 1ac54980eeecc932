import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { type Etcd, startEtcd } from '../support/etcd/etcd.js';
import { freePort } from '../support/network/net.js';
import { runCommand } from '../support/process/command.js';
import { removeAtExit } from '../support/process/guarded.js';
import { getText } from '../support/process/http.js';
import { until } from '../support/until.js';

/** Stands in every place where a secret can stand; a short one, so that no cutting hides it. */
const MARK = 'S3cr3t';
const folder = mkdtempSync(join(tmpdir(), 'secrets-'));
removeAtExit(folder);
writeFileSync(join(folder, 'password'), `${MARK}\n`);
writeFileSync(join(folder, '.env'), `ETCD_PASSWORD=${MARK}\nLOG_LEVEL=debug\n`);

let etcd: Etcd;
let env: Record<string, string>;
beforeAll(async () => {
	etcd = await startEtcd({ rootPassword: MARK, args: ['--bcrypt-cost', '4'] });
	env = {
		...{
			ETCD_ENDPOINTS: etcd.endpoint,
			ETCD_USERNAME: 'root',
			SERVICE_NAME: 'user',
			SERVICE_ADDR: '10.0.0.5:80',
			LOG_LEVEL: 'debug',
		},
		SERVICE_CHECK: `http://${MARK}:${MARK}@127.0.0.1:1/health?token=${MARK}#${MARK}`,
		APP_TOKEN: MARK,
	};
	return () => etcd.kill();
});

const CALLS: readonly (readonly [
	sentence: string,
	args: readonly string[],
	more: Readonly<Record<string, string>>,
])[] = [
	['check', ['check'], { ETCD_PASSWORD: MARK }],
	['check, the password in a file', ['check'], { ETCD_PASSWORD_FILE: join(folder, 'password') }],
	['check, the password in .env', ['check'], {}],
	[
		'check, a command with a secret as health check',
		['check'],
		{ SERVICE_CHECK: `exec:curl -H ${MARK} http://x` },
	],
	['check, a wrong password', ['check'], { ETCD_PASSWORD: `${MARK}x` }],
	['check, the password in the endpoint', ['check'], { ETCD_ENDPOINTS: `http://root:${MARK}@127.0.0.1:1` }],
	['check, the password where a file is named', ['check'], { ETCD_PASSWORD: '', ETCD_PASSWORD_FILE: MARK }],
	['check, as etcdctl has it', ['check'], { ETCD_USERNAME: '', ETCDCTL_USER: `root:${MARK}` }],
	['list', ['list'], { ETCD_PASSWORD: MARK }],
	['list, a wrong password', ['list'], { ETCD_PASSWORD: `${MARK}x` }],
	['list, a wrong endpoint', ['list'], { ETCD_ENDPOINTS: `http://root:${MARK}@127.0.0.1:1` }],
	['health', ['health'], { REGISTRAR_HTTP: `http://root:${MARK}@127.0.0.1:1` }],
	[
		'run, a wrong configuration',
		['run'],
		{ ETCD_ENDPOINTS: `http://root:${MARK}@127.0.0.1:1`, ETCD_PASSWORD: MARK },
	],
	['run, given up', ['run'], { ETCD_PASSWORD: `${MARK}x`, REGISTRAR_STARTUP_TIMEOUT: '1s' }],
	[
		'run --, given up',
		['run', '--', 'sleep', '60'],
		{ ETCD_PASSWORD: MARK, REGISTRAR_STARTUP_TIMEOUT: '1s' },
	],
];
test.each(CALLS)('no secret in the output of %s', async (_sentence, args, more) => {
	const { stdout, stderr } = await runCommand(args, { ...env, ...more }, { cwd: folder }).waitExit();
	expect(`${stdout}${stderr}`).not.toBe('');
	expect(`${stdout}${stderr}`).not.toContain(MARK);
});

test.each([
	['that is healthy', { SERVICE_CHECK: '' }, 'registered'],
	['with a failing check', {}, 'withdrawn'],
	['with a wrong password', { SERVICE_CHECK: '', ETCD_PASSWORD: `${MARK}x` }, 'starting'],
])('no secret in the log or behind an endpoint of a registrar %s', async (_sentence, more, state) => {
	const port = await freePort();
	const run = runCommand(
		['run'],
		{ ...env, ETCD_PASSWORD: MARK, REGISTRAR_HTTP: String(port), ...more },
		{ cwd: folder },
	);
	const get = (path: string) => getText(`http://127.0.0.1:${port}${path}`);
	await until(async () => {
		const status = JSON.parse(await get('/status')) as { state: string; lastPass: object | null };
		return status.state === state && status.lastPass !== null;
	});
	const answers = await Promise.all(
		['/livez', '/readyz', '/status', '/metrics', `/${MARK.slice(0, 3)}`].map(get),
	);
	run.signal('SIGTERM');
	const { stdout, stderr } = await run.waitExit();
	expect([...answers, stdout, stderr].join('\n')).not.toContain(MARK);
});
