/** A gRPC service whose one method tells who answers. Messages are sent as they are. */
import * as current from '@grpc/grpc-js';
import * as v12 from 'grpc-js-1.12';
import * as v13 from 'grpc-js-1.13';
import * as v14 from 'grpc-js-1.14';
import type { GrpcJs } from '../../../src/grpc.js';

/**
 * Every release that is supported, each with a registry of its own. With its own types, each is what
 * `registerResolver` takes.
 */
const MODULES = { '1.12': v12, '1.13': v13, '1.14': v14 } as const satisfies Record<string, GrpcJs>;
export type Release = typeof v14;
export const RELEASES = MODULES as unknown as Readonly<Record<keyof typeof MODULES, Release>>;

export const METHOD = '/test.Who/Are';
export const asIs = (bytes: Buffer): Buffer => bytes;

export interface Server {
	readonly addr: string;
	stop(): void;
}

/** Tells its own address after so many milliseconds. */
export async function whoServer({ port = 0, takesMs = 0 } = {}): Promise<Server> {
	const server = new current.Server();
	let addr = '';
	server.addService(
		{
			Are: {
				path: METHOD,
				requestStream: false,
				responseStream: false,
				...{ requestSerialize: asIs, requestDeserialize: asIs },
				...{ responseSerialize: asIs, responseDeserialize: asIs },
			},
		},
		{
			Are: (_call: unknown, answer: (error: null, value: Buffer) => void) =>
				setTimeout(() => answer(null, Buffer.from(addr)), takesMs),
		},
	);
	const bound = await new Promise<number>((resolve, reject) =>
		server.bindAsync(`127.0.0.1:${port}`, current.ServerCredentials.createInsecure(), (error, got) =>
			error ? reject(error) : resolve(got),
		),
	);
	addr = `127.0.0.1:${bound}`;
	return { addr, stop: () => server.forceShutdown() };
}

export interface Who {
	/** The address of whoever answers; rejects with what grpc-js says. */
	ask(options?: { readonly deadlineMs?: number; readonly waitForReady?: boolean }): Promise<string>;
	/** Who answers the next calls, each once, sorted. */
	answering(calls?: number): Promise<string>;
	close(): void;
}

export function whoClient(grpc: Release, target: string, options: v14.ClientOptions = {}): Who {
	const client = new grpc.Client(target, grpc.credentials.createInsecure(), options);
	const ask: Who['ask'] = ({ deadlineMs = 10_000, waitForReady = false } = {}) => {
		const metadata = new grpc.Metadata({ waitForReady });
		const deadline = { deadline: Date.now() + deadlineMs };
		return new Promise((resolve, reject) =>
			client.makeUnaryRequest(METHOD, asIs, asIs, Buffer.alloc(0), metadata, deadline, (error, value) =>
				error ? reject(error) : resolve(String(value)),
			),
		);
	};
	return {
		ask,
		answering: async (calls = 12) =>
			[...new Set(await Promise.all(Array.from({ length: calls }, () => ask())))].sort().join(),
		close: () => client.close(),
	};
}
