import { once } from 'node:events';
import { createServer } from 'node:net';
import {
	Server,
	ServerCredentials,
	type ServiceDefinition,
	status as Status,
	type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import { afterEach, expect, test } from 'vitest';
import {
	decodeResponse,
	encodeRequest,
	frame,
	unframe,
} from '../../../src/adapters/checks/grpc-health-wire.js';
import { createCheck } from '../../../src/adapters/checks/index.js';

/** Bounds a hang; asserts no speed. */
const SOON = { timeout: 30_000 };

const servers: Server[] = [];
afterEach(() => {
	for (const server of servers.splice(0)) server.forceShutdown();
});

/** A real gRPC server; the wire is spelled out here once more, apart from the code under test. */
const definition: ServiceDefinition = {
	check: {
		path: '/grpc.health.v1.Health/Check',
		requestStream: false,
		responseStream: false,
		requestSerialize: (bytes: Buffer) => bytes,
		requestDeserialize: (bytes: Buffer) => bytes,
		responseSerialize: (bytes: Buffer) => bytes,
		responseDeserialize: (bytes: Buffer) => bytes,
	},
};

async function serve(
	implementation: UntypedServiceImplementation | null,
	address = '127.0.0.1:0',
): Promise<number> {
	const server = new Server();
	servers.push(server);
	if (implementation !== null) server.addService(definition, implementation);
	return new Promise((resolve, reject) => {
		server.bindAsync(address, ServerCredentials.createInsecure(), (error, port) =>
			error ? reject(error) : resolve(port),
		);
	});
}
/** Answers by the bytes of the request's service name. */
function answering(table: Readonly<Record<string, readonly number[]>>): UntypedServiceImplementation {
	return {
		check: (
			call: { request: Buffer },
			callback: (error: { code: Status } | null, answer?: Buffer) => void,
		) => {
			const bytes = table[call.request.subarray(2).toString()];
			if (bytes === undefined) callback({ code: Status.NOT_FOUND });
			else callback(null, Buffer.from(bytes));
		},
	};
}
const grpc = (port: number, service = '', host = '127.0.0.1') =>
	createCheck({ kind: 'grpc', host, port, service });
const never = new AbortController().signal;

test('a server that says SERVING is healthy, as a whole and by service', async () => {
	const port = await serve(answering({ '': [8, 1], 'shop.Cart': [8, 1], 'shop.Pay': [8, 2] }));
	await grpc(port).check(never);
	await grpc(port, 'shop.Cart').check(never);
	await expect(grpc(port, 'shop.Pay').check(never)).rejects.toThrow('says NOT_SERVING for shop.Pay');
	await expect(grpc(port, 'shop.Nothing').check(never)).rejects.toThrow(
		/does not know the service 'shop.Nothing'/,
	);
});

test('an IPv6 address works', async () => {
	const port = await serve(answering({ '': [8, 1] }), '[::1]:0');
	await grpc(port, '', '::1').check(never);
});

test('a server without a health service is not healthy, and is told so', async () => {
	await expect(grpc(await serve(null)).check(never)).rejects.toThrow(/no gRPC health service/);
});

test('a closed port is not healthy', async () => {
	const port = await serve(null);
	servers.pop()?.forceShutdown();
	await expect(grpc(port).check(never)).rejects.toThrow(/ECONNREFUSED/);
});

test('a server that does not answer, or speaks no gRPC, is cut by the signal', async () => {
	const hanging = await serve({ check: () => {} });
	await expect(grpc(hanging).check(AbortSignal.timeout(300))).rejects.toThrow(/did not answer in time/);
	const mute = createServer((socket) => void socket.on('error', () => {}).resume());
	mute.listen(0, '127.0.0.1');
	await once(mute, 'listening');
	const address = mute.address();
	await expect(
		grpc(typeof address === 'object' ? (address?.port ?? 0) : 0).check(AbortSignal.timeout(300)),
	).rejects.toThrow(/in time/);
	mute.close();
	await once(mute, 'close');
});

test('it sees a server that came back at the very next check', async () => {
	const port = await serve(answering({ '': [8, 1] }));
	await grpc(port).check(never);
	servers.pop()?.forceShutdown();
	for (let times = 0; times < 5; times += 1) await expect(grpc(port).check(never)).rejects.toThrow();
	await serve(answering({ '': [8, 1] }), `127.0.0.1:${port}`);
	await grpc(port).check(never);
});

test('no connection stays behind', async () => {
	const port = await serve(answering({ '': [8, 1] }));
	const sockets = () => process.getActiveResourcesInfo().filter((kind) => kind === 'TCPSocketWrap').length;
	const before = sockets();
	for (let times = 0; times < 20; times += 1) await grpc(port).check(never);
	await expect.poll(sockets, SOON).toBe(before);
});

const REQUESTS: readonly (readonly [sentence: string, service: string, hex: string])[] = [
	['the whole server is an empty message', '', ''],
	['a service name is field 1', 'a.B', '0a03612e42'],
	['a length above 127 takes two bytes', 'x'.repeat(200), `0ac801${'78'.repeat(200)}`],
];
test.each(REQUESTS)('request: %s', (_sentence, service, hex) => {
	expect(encodeRequest(service).toString('hex')).toBe(hex);
});
const RESPONSES: readonly (readonly [sentence: string, hex: string, status: string])[] = [
	['an empty message is UNKNOWN', '', 'UNKNOWN'],
	['1 is SERVING', '0801', 'SERVING'],
	['2 is NOT_SERVING', '0802', 'NOT_SERVING'],
	['3 is SERVICE_UNKNOWN', '0803', 'SERVICE_UNKNOWN'],
	['a status of a later version is UNKNOWN', '0807', 'UNKNOWN'],
	['a large varint is UNKNOWN', '08ffff01', 'UNKNOWN'],
	['a field behind the status is ignored', '08011203616263', 'SERVING'],
	['rubbish is UNKNOWN', 'ffff', 'UNKNOWN'],
	['a cut message is UNKNOWN', '08', 'UNKNOWN'],
];
test.each(RESPONSES)('response: %s', (_sentence, hex, status) => {
	expect(decodeResponse(Buffer.from(hex, 'hex'))).toBe(status);
});

const FRAMES: readonly (readonly [sentence: string, hex: string, message: string])[] = [
	['a frame is unwrapped', '00000000020801', '0801'],
	['what follows the first message is ignored', '0000000002080100', '0801'],
	['a compressed frame reads as empty', '01000000020801', ''],
	['a cut frame reads as empty', '000000000208', ''],
	['a cut head reads as empty', '0000', ''],
];
test.each(FRAMES)('frame: %s', (_sentence, hex, message) => {
	expect(unframe(Buffer.from(hex, 'hex')).toString('hex')).toBe(message);
});
test('frame: what is wrapped can be unwrapped', () => {
	expect(frame(Buffer.from('0801', 'hex')).toString('hex')).toBe('00000000020801');
	expect(unframe(frame(Buffer.alloc(70_000, 7)))).toEqual(Buffer.alloc(70_000, 7));
});
