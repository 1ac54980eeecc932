import { expect, test } from 'vitest';
import { startEtcd } from './etcd.js';
import { etcdctl } from './etcdctl.js';
import { createAuthority } from './tls.js';

test('an etcd with TLS serves who trusts its authority and shows a certificate of it, and nobody else', async () => {
	const authority = createAuthority();
	const stranger = createAuthority();
	const client = authority.issue('root');
	const etcd = await startEtcd({
		tls: { ca: authority.ca, server: authority.issue('etcd'), client, clientCertAuth: true },
	});
	expect(etcd.endpoint).toMatch(/^https:/);
	expect(await etcd.ctl('put', 'a', '1')).toBe('OK');
	const as = (ca: string, { cert, key }: { cert: string; key: string }) =>
		etcdctl([
			'--endpoints',
			etcd.endpoint,
			'--cacert',
			ca,
			'--cert',
			cert,
			'--key',
			key,
			'--dial-timeout',
			'1s',
			'--command-timeout',
			'1s',
			'get',
			'a',
		]);
	await expect(as(authority.ca, client)).resolves.toContain('1');
	await expect(as(stranger.ca, client)).rejects.toThrow();
	await expect(as(authority.ca, stranger.issue('root'))).rejects.toThrow();
	await etcd.stop();
});
