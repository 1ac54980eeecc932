import { copyFileSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ctlEye } from '../support/etcd/ctl-eye.js';
import { startEtcd } from '../support/etcd/etcd.js';
import type { PemFiles } from '../support/etcd/etcd-args.js';
import { createAuthority } from '../support/etcd/tls.js';
import { needs } from '../support/needs.js';
import { freePort } from '../support/network/net.js';
import { clockMissing, startClock } from '../support/process/faketime.js';
import { removeAtExit } from '../support/process/guarded.js';
import { startRegistrar } from '../support/process/registrar.js';
import { end, expectQuietLog } from '../support/stage/stage.js';
import { Timeline } from '../support/stage/timeline.js';
import { until } from '../support/until.js';

const authority = createAuthority();
const stranger = createAuthority();
const server = authority.issue('etcd');
const client = authority.issue('svc');
const MTLS = { ETCD_CACERT: authority.ca, ETCD_CERT: client.cert, ETCD_KEY: client.key };

interface Case {
	readonly what: string;
	/** Seconds by which the registrar's clock is ahead. */
	readonly ahead?: number;
	readonly env: Readonly<Record<string, string>>;
	readonly endpoint: (port: number) => string;
	readonly says: RegExp;
}
const right = (port: number) => `https://127.0.0.1:${port}`;

const CASES: readonly Case[] = [
	{
		what: 'another CA',
		env: { ...MTLS, ETCD_CACERT: stranger.ca },
		endpoint: right,
		says: /not signed by a trusted CA/,
	},
	{
		what: 'a name that the certificate does not have',
		env: MTLS,
		endpoint: (port) => `https://127.0.0.2:${port}`,
		says: /not for the name/,
	},
	{ what: 'an expired certificate', env: MTLS, ahead: 10 * 86_400, endpoint: right, says: /has expired/ },
	{
		what: 'no client certificate',
		env: { ETCD_CACERT: authority.ca },
		endpoint: right,
		says: /refused the TLS client certificate of this process/,
	},
	{ what: 'http to a TLS port', env: {}, endpoint: (port) => `http://127.0.0.1:${port}`, says: /TLS/ },
];

describe('TLS that does not fit is told in one plain sentence, and nothing is registered', () => {
	test.concurrent.for(CASES)('$what', async ({ env, endpoint, says, ahead }, context) => {
		if (ahead !== undefined) needs(context, clockMissing());
		const port = await freePort();
		const listen = ['--listen-client-urls', `https://127.0.0.1:${port},https://127.0.0.2:${port}`];
		const etcd = await startEtcd({
			port,
			args: listen,
			tls: { ca: authority.ca, server, client, clientCertAuth: true },
		});
		context.onTestFinished(() => etcd.kill());
		const registrar = startRegistrar(endpoint(port), {
			env: { ...env, ...(ahead === undefined ? {} : startClock(ahead).env) },
		});
		context.onTestFinished(() => end(registrar));
		const line = await registrar.waitForLog(({ level }) => level === 'warn');
		expect(line.reason).toMatch(says);
		expectQuietLog(registrar);
		expect(await etcd.leases()).toEqual([]);
	});

	test('https to a plain port', async (context) => {
		const etcd = await startEtcd();
		context.onTestFinished(() => etcd.kill());
		const registrar = startRegistrar(right(etcd.port), { env: MTLS });
		context.onTestFinished(() => end(registrar));
		expect((await registrar.waitForLog(({ level }) => level === 'warn')).reason).toMatch(
			/does not speak TLS|connection reset/,
		);
		expect(await etcd.leases()).toEqual([]);
	});
});

test('certificates of another authority are picked up without a restart and without a gap', async (context) => {
	const folder = mkdtempSync(join(tmpdir(), 'rotation-'));
	removeAtExit(folder);
	const at = (name: string) => join(folder, name);
	const place = (ca: string, { cert, key }: PemFiles) => {
		copyFileSync(ca, at('ca.pem'));
		copyFileSync(cert, at('cert.pem'));
		copyFileSync(key, at('key.pem'));
	};
	place(authority.ca, client);
	const port = await freePort();
	const dataDir = at('data');
	const first = await startEtcd({
		port,
		dataDir,
		tls: { ca: authority.ca, server, client, clientCertAuth: true },
	});
	context.onTestFinished(() => first.kill());
	const env = { ETCD_CACERT: at('ca.pem'), ETCD_CERT: at('cert.pem'), ETCD_KEY: at('key.pem') };
	const registrar = startRegistrar(first.endpoint, { ttlSeconds: 5, env });
	context.onTestFinished(() => end(registrar));
	let eye = ctlEye(first);
	const seen = { get: (key: string) => eye.get(key) };
	const timeline = new Timeline(seen, registrar.key, ({ lease }) => registrar.isOurs(lease), 100);
	context.onTestFinished(() => timeline.stop());
	await timeline.right();
	const rotatedMs = performance.now();

	await first.stop();
	const newClient = stranger.issue('svc');
	place(stranger.ca, newClient);
	const second = await startEtcd({
		port,
		dataDir,
		tls: { ca: stranger.ca, server: stranger.issue('etcd'), client: newClient, clientCertAuth: true },
	});
	context.onTestFinished(() => second.kill());
	eye = ctlEye(second);
	await until(() => timeline.now === 'right');
	await new Promise((resolve) => setTimeout(resolve, 12_000));
	expect(timeline.lastSeen).toBe('right');
	expect(timeline.marksSince(rotatedMs).has('absent')).toBe(false);
	expect(await second.leases()).toHaveLength(1);
	expectQuietLog(registrar);
});
