import { once } from 'node:events';
import { createServer } from 'node:http2';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import {
	Server,
	ServerCredentials,
	type ServiceDefinition,
	type sendUnaryData,
	type status,
} from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';

/** Something that answers where an etcd was expected. */
export interface Stranger {
	readonly endpoint: string;
	/** Calls answered so far. */
	calls: number;
	close(): void;
}

type Answers = Readonly<Record<string, (request: Readonly<Record<string, unknown>>) => object>>;

export class Refusal {
	constructor(
		readonly code: status,
		readonly details: string,
	) {}
}

const proto = createRequire(createRequire(import.meta.url).resolve('etcd3')).resolve('../proto/rpc.proto');

/**
 * A gRPC server that speaks etcd's messages and answers these calls (`Range`, `Txn`, `LeaseGrant`, …) by
 * these functions; all others are UNIMPLEMENTED. A `Refusal` is an error.
 */
export async function startGrpcStranger(answers: Answers): Promise<Stranger> {
	const definition = loadSync(proto, { keepCase: true, longs: String, enums: String, defaults: true });
	const server = new Server();
	const stranger = { endpoint: '', calls: 0, close: () => server.forceShutdown() };
	for (const name of ['KV', 'Lease']) {
		const service = definition[`etcdserverpb.${name}`] as ServiceDefinition;
		const handlers = Object.keys(service)
			.filter((method) => answers[method] !== undefined)
			.map((method) => [
				method,
				({ request }: { request: Record<string, unknown> }, callback: sendUnaryData<object>) => {
					stranger.calls += 1;
					const answer = answers[method]?.(request) ?? {};
					if (answer instanceof Refusal) callback(answer);
					else callback(null, answer);
				},
			]);
		if (handlers.length > 0) server.addService(service, Object.fromEntries(handlers));
	}
	const port = await new Promise<number>((resolve, reject) =>
		server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
			error ? reject(error) : resolve(bound),
		),
	);
	return Object.assign(stranger, { endpoint: `http://127.0.0.1:${port}` });
}

/** A proxy that answers every request with this HTTP status. */
export async function startHttpStranger(httpStatus: number): Promise<Stranger> {
	const server = createServer();
	const stranger = { endpoint: '', calls: 0, close: () => server.close() };
	server.on('stream', (stream) => {
		stranger.calls += 1;
		stream.respond({ ':status': httpStatus, 'content-type': 'text/plain' });
		stream.end('no');
	});
	server.on('session', (session) => {
		session.on('error', () => {});
		server.once('close', () => session.destroy());
	});
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	return Object.assign(stranger, { endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
}
