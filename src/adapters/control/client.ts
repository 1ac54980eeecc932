/** Asks a running registrar, on its control socket or its HTTP endpoints. */
import { request as httpRequest } from 'node:http';

export type Where = { readonly socketPath: string } | { readonly host: string; readonly port: number };

export interface Answered {
	readonly code: number;
	readonly body: string;
}

/** Nobody can be asked there: one sentence for people. */
export class NoAnswer extends Error {
	override readonly name = 'NoAnswer';
}

/** A status of ten thousand keys has a few MiB. */
const ANSWER_LIMIT = 64 * 1024 * 1024;

/** One request on a connection of its own. @throws NoAnswer (the promise rejects) */
export function ask(
	where: Where,
	{
		method,
		path,
		body = '',
	}: { readonly method: 'GET' | 'POST'; readonly path: string; readonly body?: string },
	limitMs: number,
): Promise<Answered> {
	return new Promise((resolve, reject) => {
		const refuse = (error: Error) => reject(new NoAnswer(reasonOf(error), { cause: error }));
		const headers = { 'Content-Length': Buffer.byteLength(body) };
		const request = httpRequest({ ...where, method, path, headers, agent: false }, (response) => {
			const parts: string[] = [];
			let length = 0;
			response.setEncoding('utf8').on('data', (text: string) => {
				parts.push(text);
				length += text.length;
				if (length > ANSWER_LIMIT) response.destroy(new Error('too long an answer'));
			});
			response.once('error', refuse);
			response.once('end', () => resolve({ code: response.statusCode ?? 0, body: parts.join('') }));
		});
		const timer = setTimeout(
			() => request.destroy(new Error(`no answer within ${limitMs / 1_000} s`)),
			limitMs,
		);
		request.once('close', () => clearTimeout(timer));
		request.once('error', refuse);
		request.end(body);
	});
}

function reasonOf({ code, message }: NodeJS.ErrnoException): string {
	switch (code) {
		case 'ENOENT':
			return 'there is no such socket: is the registrar running, with this REGISTRAR_CONTROL?';
		case 'ECONNREFUSED':
			return 'nobody listens there: is the registrar running?';
		case 'EACCES':
			return 'only the user who runs the registrar may connect';
		case 'EAGAIN':
		case 'ECONNRESET':
			return 'the connection was cut: the registrar has ended, or is asked by too many';
		default:
			return code?.startsWith('HPE_') ? 'what answers there is no registrar' : message;
	}
}
