/**
 * `etcd-registrar health`: a probe where there is no curl. It may run every few seconds for years, so it
 * loads nothing but Node's own sockets, and of the configuration it reads one variable.
 */
import { connect } from 'node:net';
import { type BindAddress, parseBindAddress } from '../../core/address.js';
import { ConfigError } from '../../core/errors.js';
import { quoted, withoutUserinfo } from '../../core/settings/values/kinds.js';
import { type Context, EXIT } from '../context.js';

const TIMEOUT_MS = 3_000;
/** The answer is one line of JSON; who sends more is somebody else. */
const ANSWER_LIMIT = 64 * 1024;

/** Exit code 0 = ready, 1 = not, or nobody there to say so; one line on stdout says why. */
export async function health(context: Context, envFile: string | null): Promise<number> {
	const { ready, why } = await askReadiness(context, envFile).catch((error: unknown): Answer => {
		if (!(error instanceof ConfigError)) throw error;
		return { ready: false, why: `not known: ${error.problems.join('; ')}` };
	});
	context.stdout.write(`${why}\n`);
	return ready ? EXIT.ok : EXIT.unhealthy;
}

interface Answer {
	readonly ready: boolean;
	readonly why: string;
}

async function askReadiness(context: Context, envFile: string | null): Promise<Answer> {
	const text = await readVariable(context, envFile);
	if (text === undefined)
		return { ready: false, why: 'not known: REGISTRAR_HTTP is not set, so there is nobody to ask' };
	const parsed = parseBindAddress(text);
	if (!('value' in parsed))
		return {
			ready: false,
			why: `not known: REGISTRAR_HTTP is ${quoted(withoutUserinfo(text))}, expected ${parsed.expected}`,
		};
	if (parsed.value === null)
		return { ready: false, why: 'not known: REGISTRAR_HTTP is off, so there is nobody to ask' };
	const address = reachable(parsed.value);
	try {
		return answerIn(await ask(address));
	} catch (error) {
		const where = `${address.host.includes(':') ? `[${address.host}]` : address.host}:${address.port}`;
		return {
			ready: false,
			why: `not known: no answer at ${where}: ${error instanceof Error ? error.message : String(error)}`,
		};
	}
}

/** The file is read only where the environment does not say it. */
async function readVariable(context: Context, envFile: string | null): Promise<string | undefined> {
	const { env } = context;
	if (env.REGISTRAR_HTTP && envFile === null) return env.REGISTRAR_HTTP;
	const { readVariables } = await import('../settings.js');
	return readVariables(context, envFile).env.REGISTRAR_HTTP || undefined;
}

/** Who listens everywhere is asked on loopback. */
export function reachable({ host, port }: BindAddress): BindAddress {
	if (host === '0.0.0.0') return { host: '127.0.0.1', port };
	return { host: host === '::' ? '::1' : host, port };
}

/** One GET by hand: HTTP/1.0, so the answer ends with the connection. */
function ask({ host, port }: BindAddress): Promise<string> {
	return new Promise((resolve, reject) => {
		const socket = connect({ host, port });
		const timer = setTimeout(
			() => socket.destroy(new Error(`nothing within ${TIMEOUT_MS / 1000} s`)),
			TIMEOUT_MS,
		);
		let answer = '';
		socket.setEncoding('utf8').on('data', (text: string) => {
			answer += text;
			if (answer.length > ANSWER_LIMIT) socket.destroy(new Error('too long an answer'));
		});
		socket.once('error', reject);
		socket.once('close', () => {
			clearTimeout(timer);
			resolve(answer);
		});
		socket.end('GET /readyz HTTP/1.0\r\nHost: registrar\r\n\r\n');
	});
}

function answerIn(answer: string): Answer {
	const status = /^HTTP\/1\.\d (\d{3})/.exec(answer)?.[1];
	const body = answer.slice(answer.indexOf('\r\n\r\n') + 4);
	if (status === undefined) return { ready: false, why: 'not known: what answers there is no registrar' };
	const ready = status === '200';
	return { ready, why: `${ready ? 'ready' : 'not ready'}: ${reasonIn(body) ?? `HTTP ${status}`}` };
}

/** One line, whatever answered. */
function reasonIn(body: string): string | null {
	try {
		const { reason } = JSON.parse(body) as { reason?: unknown };
		return typeof reason === 'string' ? reason.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ') : null;
	} catch {
		return null;
	}
}
