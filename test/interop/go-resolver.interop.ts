import { Server, ServerCredentials } from '@grpc/grpc-js';
import { describe, expect, type TestContext, test } from 'vitest';
import { discover } from '../../src/discovery.js';
import { createRegistrar } from '../../src/index.js';
import { startEtcd } from '../support/etcd/etcd.js';
import { needs } from '../support/needs.js';
import { runCommand } from '../support/process/command.js';
import { until } from '../support/until.js';
import { type Follower, follow, versionOf, writer } from './follower.js';

/** A gRPC server with no service: it answers every call with a refusal, and that is an answer. */
async function aServer({ onTestFinished }: Pick<TestContext, 'onTestFinished'>): Promise<string> {
	const server = new Server();
	const port = await new Promise<number>((resolve, reject) =>
		server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) =>
			error ? reject(error) : resolve(port),
		),
	);
	onTestFinished(() => server.forceShutdown());
	return `127.0.0.1:${port}`;
}

/** Waits until those and nobody else have answered the last calls. */
async function answers(follower: Follower, ...addresses: string[]): Promise<void> {
	const expected = new Set(addresses);
	const isSo = () => {
		const now = follower.answering();
		return now.size === expected.size && [...expected].every((address) => now.has(address));
	};
	await until(isSo, { what: `${addresses} to answer` }).catch((error: unknown) => {
		throw new Error(follower.lines.slice(-30).join('\n'), { cause: error });
	});
}

describe.each(['own', 'next'] as const)("etcd's own Go client (%s release)", (client) => {
	test('finds what the command registered, balances over it, and follows it when it stops', async (context) => {
		const version = versionOf(client);
		needs(context, version === null ? 'there is no such client here' : null);
		const etcd = await startEtcd();
		context.onTestFinished(() => etcd.kill());
		const [first, second] = [await aServer(context), await aServer(context)];
		const env = {
			ETCD_ENDPOINTS: etcd.endpoint,
			SERVICE_NAME: 'shop/user',
			SERVICE_FORMAT: 'grpc',
			SERVICE_META_ZONE: 'a',
			SERVICE_WEIGHT: '5',
		};
		const follower = follow(client, etcd.endpoint, 'shop/user');
		await answers(follower, 'nobody');
		const [one, other] = [first, second].map((addr) => runCommand(['run'], { ...env, SERVICE_ADDR: addr }));
		await answers(follower, first, second);
		one?.signal('SIGTERM');
		await answers(follower, second);
		other?.signal('SIGTERM');
		await answers(follower, 'nobody');
		expect(await Promise.all([one?.waitExit(), other?.waitExit()])).toMatchObject([{ code: 0 }, { code: 0 }]);
		// Metadata must be null for it: any object there crashes round_robin in some releases (etcd issue 19700).
		const told = follower.lines.filter((line) => /^(add|delete|ended)/.test(line)).sort();
		const keys = [first, second].map((addr) => `shop/user/${addr}`).sort();
		expect(told).toEqual([
			...keys.map((key) => `add ${key} ${key.slice('shop/user/'.length)} null`),
			...keys.map((key) => `delete ${key}`),
		]);
		process.stdout.write(`etcd's Go client ${version}: found, balanced over, and followed\n`);
	});

	test('follows a library that adds, moves and removes, and is not disturbed by a lease that is lost', async (context) => {
		needs(context, versionOf(client) === null ? 'there is no such client here' : null);
		const etcd = await startEtcd();
		context.onTestFinished(() => etcd.kill());
		const [first, second] = [await aServer(context), await aServer(context)];
		const service = { name: 'pay', formats: 'grpc' } as const;
		const registrar = createRegistrar({
			endpoints: etcd.endpoint,
			ttlSeconds: 60,
			services: [{ ...service, addr: first }],
		});
		context.onTestFinished(() => registrar.stop());
		await registrar.start();
		const follower = follow(client, etcd.endpoint, 'pay');
		await answers(follower, first);
		await registrar.add({ ...service, addr: second });
		await answers(follower, first, second);
		await registrar.remove('pay', first);
		await answers(follower, second);
		await registrar.update('pay', second, { addr: first });
		await answers(follower, first);
		await etcd.ctl('lease', 'revoke', BigInt(registrar.status().lease?.id ?? 0).toString(16));
		await answers(follower, first);
		await registrar.stop();
		await answers(follower, 'nobody');
		expect(follower.lines.filter((line) => line.startsWith('ended'))).toEqual([]);
	});
});

describe.each(['own', 'next'] as const)("etcd's own endpoints.Manager (%s release)", (client) => {
	test('what it registers, changes and deletes is what discovery finds', async (context) => {
		needs(context, versionOf(client) === null ? 'there is no such client here' : null);
		const etcd = await startEtcd();
		context.onTestFinished(() => etcd.kill());
		const found = discover({ endpoints: etcd.endpoint, name: 'shop/user', format: 'grpc' });
		context.onTestFinished(() => found.close());
		await found.ready();
		const go = writer(client, etcd.endpoint, 'shop/user');
		const sees = (...addresses: string[]) =>
			until(() => found.instances.map(({ addr }) => addr).join() === addresses.join());
		await go.does('add 10.0.0.1:80');
		await sees('10.0.0.1:80');
		await go.does('zone 10.0.0.2:80 b');
		await sees('10.0.0.1:80', '10.0.0.2:80');
		expect(found.instances).toMatchObject([
			{ id: '10.0.0.1:80', host: '10.0.0.1', port: 80, protocol: null, metadata: {} },
			{ key: 'shop/user/10.0.0.2:80', metadata: { zone: 'b' } },
		]);
		await go.does('delete 10.0.0.1:80');
		await sees('10.0.0.2:80');
		await go.does('delete 10.0.0.2:80');
		await sees();
	});
});
