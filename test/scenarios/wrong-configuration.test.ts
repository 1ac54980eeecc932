import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runCommand } from '../support/process/command.js';
import { removeAtExit } from '../support/process/guarded.js';

const SECRET = 'hunter2-hunter2';
const RIGHT = {
	ETCD_ENDPOINTS: 'http://127.0.0.1:1',
	SERVICE_NAME: 'user',
	SERVICE_ADDR: '10.0.0.5:8080',
	ETCD_USERNAME: 'root',
	ETCD_PASSWORD: SECRET,
};
const folder = mkdtempSync(join(tmpdir(), 'configuration-'));
removeAtExit(folder);
const pem = join(folder, 'ca.pem');
writeFileSync(pem, 'no certificate');

/**
 * What is wrong, the environment that says so (empty = unset), and the variable that the message must name.
 */
const WRONG: readonly (readonly [what: string, env: Record<string, string>, names: string])[] = [
	['no name', { SERVICE_NAME: '' }, 'SERVICE_NAME'],
	['a name with a control character', { SERVICE_NAME: 'us\ner' }, 'SERVICE_NAME'],
	['a name with a .. segment', { SERVICE_NAME: 'a/../b' }, 'SERVICE_NAME'],
	['no address', { SERVICE_ADDR: '' }, 'SERVICE_ADDR'],
	['an address without a port', { SERVICE_ADDR: '10.0.0.5' }, 'SERVICE_ADDR'],
	['port 0', { SERVICE_ADDR: '10.0.0.5:0' }, 'SERVICE_ADDR'],
	['port 70000', { SERVICE_ADDR: '10.0.0.5:70000' }, 'SERVICE_ADDR'],
	['a bare IPv6 address', { SERVICE_ADDR: 'fe80::1' }, 'SERVICE_ADDR'],
	['TTL 0', { SERVICE_TTL: '0' }, 'SERVICE_TTL'],
	['TTL 1.5', { SERVICE_TTL: '1.5' }, 'SERVICE_TTL'],
	['TTL -1', { SERVICE_TTL: '-1' }, 'SERVICE_TTL'],
	['TTL 5x', { SERVICE_TTL: '5x' }, 'SERVICE_TTL'],
	['TTL 86401', { SERVICE_TTL: '86401' }, 'SERVICE_TTL'],
	['an unknown level', { LOG_LEVEL: 'loud' }, 'LOG_LEVEL'],
	['an unknown log format', { LOG_FORMAT: 'xml' }, 'LOG_FORMAT'],
	['an unknown wire format', { SERVICE_FORMAT: 'morse' }, 'SERVICE_FORMAT'],
	['an unknown policy', { SERVICE_ON_CONFLICT: 'duel' }, 'SERVICE_ON_CONFLICT'],
	['an unknown protocol', { SERVICE_PROTOCOL: 'smtp' }, 'SERVICE_PROTOCOL'],
	['http and https mixed', { ETCD_ENDPOINTS: 'http://a:2379;https://b:2379' }, 'ETCD_ENDPOINTS'],
	['an endpoint with a path', { ETCD_ENDPOINTS: 'http://a:2379/v3' }, 'ETCD_ENDPOINTS'],
	['an endpoint with another scheme', { ETCD_ENDPOINTS: 'ftp://a:2379' }, 'ETCD_ENDPOINTS'],
	['an endpoint with a password in it', { ETCD_ENDPOINTS: `http://root:${SECRET}@a:2379` }, 'ETCD_ENDPOINTS'],
	['http beside a CA file', { ETCD_CACERT: pem }, 'ETCD_ENDPOINTS'],
	[
		'a CA file that is not there',
		{ ETCD_ENDPOINTS: 'https://a:2379', ETCD_CACERT: join(folder, 'absent.pem') },
		'ETCD_CACERT',
	],
	['a certificate without its key', { ETCD_ENDPOINTS: 'https://a:2379', ETCD_CERT: pem }, 'ETCD_KEY'],
	['a user without a password', { ETCD_PASSWORD: '' }, 'ETCD_PASSWORD'],
	['a password without a user', { ETCD_USERNAME: '' }, 'ETCD_USERNAME'],
	[
		'a secret file that is not there',
		{ ETCD_PASSWORD: '', ETCD_PASSWORD_FILE: join(folder, 'absent') },
		'ETCD_PASSWORD_FILE',
	],
	['a call time-out above the TTL', { SERVICE_TTL: '3', ETCD_CALL_TIMEOUT: '4s' }, 'ETCD_CALL_TIMEOUT'],
	['a duration that is none', { REGISTRAR_STOP_TIMEOUT: 'soon' }, 'REGISTRAR_STOP_TIMEOUT'],
	['a check of an unknown kind', { SERVICE_CHECK: 'ping://x' }, 'SERVICE_CHECK'],
	['a weight that is no number', { SERVICE_WEIGHT: 'heavy' }, 'SERVICE_WEIGHT'],
	['two services with one key', { SERVICES: 'a,b' }, 'SERVICE'],
	['a label that reads as a variable', { SERVICES: 'ttl' }, 'SERVICES'],
	['an HTTP address without a port', { REGISTRAR_HTTP: 'localhost' }, 'REGISTRAR_HTTP'],
];

test.concurrent.for(WRONG)(
	'%s ends in exit 78, named, explained, without a secret',
	async ([, env, names]) => {
		const { code, stderr, stdout } = await runCommand(['run'], { ...RIGHT, ...env }).waitExit();
		expect(stderr).toContain(names);
		expect(code).toBe(78);
		expect(stderr).toMatch(/expected/);
		// The command speaks, not the runtime.
		expect(stderr).not.toMatch(/\n\s+at /);
		expect(stderr + stdout).not.toContain(SECRET);
	},
);

test('an env file that was named and is not there ends in exit 78 and names it', async () => {
	// `--` because Node 20 takes an --env-file wherever it stands, also behind the script, and ends with a code
	// of its own.
	const { code, stderr } = await runCommand(['run', '--env-file', 'absent.env'], RIGHT, {
		nodeArgs: ['--'],
	}).waitExit();
	expect(code).toBe(78);
	expect(stderr).toContain('absent.env');
});

test('all mistakes are told at once', async () => {
	const { code, stderr } = await runCommand(['run'], {
		...RIGHT,
		SERVICE_TTL: '0',
		SERVICE_ADDR: 'x',
		LOG_LEVEL: 'loud',
	}).waitExit();
	expect(code).toBe(78);
	for (const name of ['SERVICE_TTL', 'SERVICE_ADDR', 'LOG_LEVEL']) expect(stderr).toContain(name);
});
