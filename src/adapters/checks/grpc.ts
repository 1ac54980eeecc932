import type { ClientHttp2Session, IncomingHttpHeaders } from 'node:http2';
import type { HealthCheck } from '../../registrar/ports.js';
import { decodeResponse, encodeRequest, frame, unframe } from './grpc-health-wire.js';

const NOT_FOUND = '5';
const UNIMPLEMENTED = '12';
/** The answer is seven bytes; what sends more is no health service. */
const ANSWER_LIMIT = 4096;

/**
 * Healthy = the standard gRPC health service says SERVING for `service` ('' = the whole server). Spoken over
 * plain HTTP/2, each check on a connection of its own that is destroyed with it: a channel of grpc-js that is
 * closed while the server is still silent stays open for ever (seen with 1.14.7), and one that failed waits
 * longer and longer before it dials again.
 */
export function grpcCheck(host: string, port: number, service: string): HealthCheck {
	const target = `${host.includes(':') ? `[${host}]` : host}:${port}`;
	return {
		async check(signal) {
			const { connect } = await import('node:http2');
			signal.throwIfAborted();
			const session = connect(`http://${target}`);
			const cut = () => session.destroy(new Error('did not answer in time'));
			signal.addEventListener('abort', cut, { once: true });
			try {
				const problem = problemOf(await ask(session, service), service);
				if (problem !== null) throw new Error(problem);
			} catch (error) {
				throw new Error(`${target} ${error instanceof Error ? error.message : String(error)}`, {
					cause: error,
				});
			} finally {
				signal.removeEventListener('abort', cut);
				session.destroy();
			}
		},
	};
}

interface Answer {
	readonly http: number;
	readonly trailers: IncomingHttpHeaders;
	readonly body: Buffer;
}

/** One unary call (grpc/doc/PROTOCOL-HTTP2.md). */
function ask(session: ClientHttp2Session, service: string): Promise<Answer> {
	return new Promise((resolve, reject) => {
		session.on('error', reject);
		const headers = {
			':method': 'POST',
			':path': '/grpc.health.v1.Health/Check',
			'content-type': 'application/grpc',
			te: 'trailers',
		};
		const stream = session.request(headers);
		let http = 0;
		let trailers: IncomingHttpHeaders = {};
		let body = Buffer.alloc(0);
		stream.on('response', (head) => {
			http = head[':status'] ?? 0;
			// An answer without a body carries its status in the head.
			trailers = head;
		});
		stream.on('trailers', (tail) => {
			trailers = tail;
		});
		stream.on('data', (chunk: Buffer) => {
			body = Buffer.concat([body, chunk]);
			if (body.length > ANSWER_LIMIT) stream.destroy(new Error('sent too long an answer'));
		});
		stream.on('error', reject);
		stream.on('close', () =>
			http === 0 ? reject(new Error('closed the connection')) : resolve({ http, trailers, body }),
		);
		stream.end(frame(encodeRequest(service)));
	});
}

/** `null` = healthy. */
function problemOf({ http, trailers, body }: Answer, service: string): string | null {
	const status = String(trailers['grpc-status'] ?? '');
	if (status === UNIMPLEMENTED)
		return 'has no gRPC health service (grpc.health.v1.Health); a tcp:// check needs none';
	if (status === NOT_FOUND) return `does not know the service '${service}'`;
	if (status !== '0')
		return status === '' ? `answered HTTP ${http} without a gRPC status` : `answered gRPC status ${status}`;
	const serving = decodeResponse(unframe(body));
	return serving === 'SERVING' ? null : `says ${serving}${service ? ` for ${service}` : ''}`;
}
