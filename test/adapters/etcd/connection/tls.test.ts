import { once } from 'node:events';
import {
	copyFileSync,
	mkdtempSync,
	readFileSync,
	renameSync,
	symlinkSync,
	unlinkSync,
	writeFileSync,
} from 'node:fs';
import { createConnection, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer as createTlsServer, type TLSSocket } from 'node:tls';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import type { TlsPaths } from '../../../../src/adapters/etcd/connection/tls-files.js';
import { type Etcd, startEtcd } from '../../../support/etcd/etcd.js';
import type { PemFiles } from '../../../support/etcd/etcd-args.js';
import { aRealStore } from '../../../support/etcd/real-store.js';
import { type Authority, createAuthority } from '../../../support/etcd/tls.js';
import { freePort } from '../../../support/network/net.js';
import { startProxy, type TcpProxy } from '../../../support/network/proxy.js';
import { removeAtExit } from '../../../support/process/guarded.js';
import { until } from '../../../support/until.js';

let authority: Authority;
let otherAuthority: Authority;
let client: PemFiles;
let etcd: Etcd;
let plain: Etcd;
let proxy: TcpProxy;
let folder: string;
const opened: { close(): void }[] = [];

beforeAll(async () => {
	authority = createAuthority();
	otherAuthority = createAuthority();
	client = authority.issue('client');
	[etcd, plain] = await Promise.all([
		startEtcd({ tls: { ca: authority.ca, server: authority.issue('server'), client, clientCertAuth: true } }),
		startEtcd(),
	]);
	proxy = await startProxy(etcd.endpoint);
});
afterAll(async () => {
	await proxy.close();
	await Promise.all([etcd.stop(), plain.stop()]);
});
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), 'tls-files-'));
	removeAtExit(folder);
});
afterEach(() => {
	for (const store of opened.splice(0)) store.close();
});

function connect(tls: TlsPaths | null, endpoint = etcd.endpoint) {
	const { store } = aRealStore([endpoint], { tls });
	opened.push(store);
	return store;
}
const portOf = (server: Server): number => {
	const address = server.address();
	return typeof address === 'object' && address !== null ? address.port : 0;
};
const right = (): Required<TlsPaths> => ({
	caFile: authority.ca,
	certFile: client.cert,
	keyFile: client.key,
});
/** A copy of each file in a folder of the test's own, under fixed names, as a mounted secret has them. */
function mounted(from: Required<TlsPaths>): Required<TlsPaths> {
	const paths = {
		caFile: join(folder, 'ca.crt'),
		certFile: join(folder, 'tls.crt'),
		keyFile: join(folder, 'tls.key'),
	};
	copyFileSync(from.caFile, paths.caFile);
	copyFileSync(from.certFile, paths.certFile);
	copyFileSync(from.keyFile, paths.keyFile);
	return paths;
}
const issued = (authority: Authority): Required<TlsPaths> => {
	const { cert, key } = authority.issue('client');
	return { caFile: authority.ca, certFile: cert, keyFile: key };
};

test('with the right files everything works', async () => {
	const store = connect(right());
	await store.read(['a', 'b']);
	expect(await store.grant('300', 30)).toBe(30);
	await store.revoke('300');
});

test('every wrong thing is told in a sentence of its own', async () => {
	const garbage = join(folder, 'garbage.pem');
	writeFileSync(garbage, 'not a certificate');
	const port = await freePort();
	// The certificate is for 127.0.0.1 and localhost.
	const forwarder = createServer((socket) => {
		const onward = createConnection(etcd.port, '127.0.0.1');
		for (const each of [socket, onward]) each.on('error', () => {});
		socket.pipe(onward).pipe(socket);
	}).listen(0, '127.0.0.2');
	await once(forwarder, 'listening');
	const wrong: Record<string, readonly [TlsPaths | null, endpoint?: string]> = {
		'another CA': [{ ...right(), caFile: otherAuthority.ca }],
		'a CA file that holds none': [{ ...right(), caFile: garbage }],
		'a client certificate of another CA': [{ ...issued(otherAuthority), caFile: authority.ca }],
		'no client certificate': [{ caFile: authority.ca }],
		'a key that is not that of the certificate': [{ ...right(), keyFile: issued(authority).keyFile }],
		'a certificate file that holds none': [{ ...right(), certFile: garbage }],
		'a file that is not there': [{ ...right(), keyFile: join(folder, 'nowhere.key') }],
		'another name': [right(), `https://127.0.0.2:${portOf(forwarder)}`],
		'plain text asked of a server with TLS': [null, etcd.endpoint.replace('https', 'http')],
		'TLS asked of a server without': [right(), plain.endpoint.replace('http', 'https')],
		'nobody there': [right(), `https://127.0.0.1:${port}`],
	};
	const told: Record<string, string> = {};
	for (const [name, [tls, endpoint]] of Object.entries(wrong)) {
		const error: unknown = await connect(tls, endpoint)
			.read(['a'])
			.catch((caught: unknown) => caught);
		expect(error, name).toMatchObject({ name: 'StoreError', code: 'unreachable' });
		told[name] = error instanceof Error ? error.message.replace(folder, '') : '';
	}
	forwarder.close();
	expect(told).toEqual({
		'another CA': "the server's TLS certificate is not signed by a trusted CA: check ETCD_CACERT",
		'a CA file that holds none':
			"the server's TLS certificate is not signed by a trusted CA: check ETCD_CACERT",
		'a client certificate of another CA':
			'the server refused the TLS client certificate of this process: check ETCD_CERT and ETCD_KEY',
		'no client certificate':
			'the server refused the TLS client certificate of this process: check ETCD_CERT and ETCD_KEY',
		'a key that is not that of the certificate': 'ETCD_KEY is not the key of the certificate in ETCD_CERT',
		'a certificate file that holds none': 'ETCD_CERT or ETCD_KEY holds no PEM certificate or key',
		'a file that is not there':
			"the TLS files cannot be read: ENOENT: no such file or directory, open '/nowhere.key'",
		'another name': "the server's TLS certificate is not for the name in ETCD_ENDPOINTS",
		'plain text asked of a server with TLS':
			'the server took the connection and closed it: where it speaks TLS, ETCD_ENDPOINTS needs https',
		// The server answers in plain text and closes; which of the two the client sees first is open.
		'TLS asked of a server without': expect.stringMatching(
			/^https was asked for, but the server does not speak TLS: check ETCD_ENDPOINTS$|^connection reset$/,
		),
		'nobody there': 'connection refused',
	});
});

test('files that change are read again: a rotation needs no restart', async () => {
	const paths = mounted(right());
	const store = connect(paths, proxy.endpoint.replace('http', 'https'));
	await store.read(['a']);
	const { accepted } = proxy;
	await store.read(['a']);
	expect(proxy.accepted).toBe(accepted);
	const next = issued(authority);
	copyFileSync(next.certFile, paths.certFile);
	copyFileSync(next.keyFile, paths.keyFile);
	await until(() => store.read(['a']));
	expect(proxy.accepted).toBeGreaterThan(accepted);
	await until(() => proxy.connections === 1);
});

test('a secret that is swapped by its link, as Kubernetes does, is noticed', async () => {
	const paths = mounted(right());
	const link = join(folder, 'linked.crt');
	symlinkSync(paths.certFile, link);
	const linked = { ...paths, certFile: link };
	const store = connect(linked, proxy.endpoint.replace('http', 'https'));
	await store.read(['a']);
	const { accepted } = proxy;
	const copy = join(folder, 'second.crt');
	copyFileSync(paths.certFile, copy);
	const other = join(folder, 'other-link');
	symlinkSync(copy, other);
	renameSync(other, link);
	await store.read(['a']);
	expect(proxy.accepted).toBe(accepted + 1);
});

test('half a rotation, or a broken one, costs at most the read that noticed it: the open connection goes on', async () => {
	const paths = mounted(right());
	const store = connect(paths, proxy.endpoint.replace('http', 'https'));
	await store.read(['a']);
	const next = issued(authority);
	for (const harm of [
		() => copyFileSync(next.certFile, paths.certFile),
		() => writeFileSync(paths.keyFile, 'half a key'),
		() => unlinkSync(paths.keyFile),
		() => symlinkSync(paths.keyFile, paths.keyFile),
	]) {
		harm();
		await store
			.read(['a'])
			.catch((error: unknown) => expect(error).toMatchObject({ name: 'StoreError', code: 'unreachable' }));
		await store.read(['a']);
	}
	unlinkSync(paths.keyFile);
	copyFileSync(next.keyFile, paths.keyFile);
	const { accepted } = proxy;
	await until(() => store.read(['a']));
	expect(proxy.accepted).toBeGreaterThan(accepted);
});

test('wrong files that become right are accepted', async () => {
	const paths = mounted({ ...right(), caFile: otherAuthority.ca });
	const store = connect(paths);
	await expect(store.read(['a'])).rejects.toMatchObject({ code: 'unreachable' });
	copyFileSync(authority.ca, paths.caFile);
	await until(() => store.read(['a']));
});

test.each([
	['localhost', 'localhost'],
	['127.0.0.1', false],
	['[::1]', false],
])('TLS names the server that is asked for by its name, and no address: %s', async (host, asked) => {
	const { cert, key } = authority.issue('server');
	const names: unknown[] = [];
	const server = createTlsServer(
		{ cert: readFileSync(cert), key: readFileSync(key), ALPNProtocols: ['h2'] },
		(socket: TLSSocket) => {
			names.push(Reflect.get(socket, 'servername'));
			socket.destroy();
		},
	);
	server.on('tlsClientError', () => {});
	server.listen(0, '::');
	await once(server, 'listening');
	const store = connect({ caFile: authority.ca }, `https://${host}:${portOf(server)}`);
	await expect(store.read(['a'])).rejects.toMatchObject({ name: 'StoreError' });
	server.close();
	expect(names[0]).toBe(asked);
});
