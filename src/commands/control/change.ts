/** `etcd-registrar pause [name] [--reason text]` and `resume [name]`. */
import { type Context, EXIT } from '../context.js';
import { asked, readControl, socketOf } from './asking.js';

export interface ChangeCall {
	readonly command: 'pause' | 'resume';
	readonly envFile: string | null;
	readonly name: string | null;
	readonly reason: string | null;
}

/** The registrar itself ends the wait for etcd; who has not answered by then is stuck. */
const GRACE_MS = 3_000;

/**
 * Exit code 0 = etcd confirmed it; 64 = there is no such service; 69 = not confirmed in time, or nobody to
 * ask.
 */
export async function change(
	context: Context,
	{ command, envFile, name, reason }: ChangeCall,
): Promise<number> {
	const settings = readControl(context, envFile);
	const where = socketOf(settings);
	const body = JSON.stringify({
		...(name !== null && { name }),
		...(reason !== null && { reason }),
		timeoutMs: settings.stopTimeoutMs,
	});
	const request = { method: 'POST', path: `/${command}`, body } as const;
	const answer = await asked(context, where, request, settings.stopTimeoutMs + GRACE_MS);
	if (typeof answer === 'number') return answer;
	const message = messageIn(answer.body);
	if (answer.code === 200) {
		context.stdout.write(`${message}\n`);
		return EXIT.ok;
	}
	context.stderr.write(`etcd-registrar: ${message}\n`);
	return answer.code === 400 ? EXIT.usage : EXIT.unavailable;
}

function messageIn(body: string): string {
	try {
		const { message } = JSON.parse(body) as { message?: unknown };
		if (typeof message === 'string') return message.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ');
	} catch {
		// Said below.
	}
	return 'what answers there is no registrar of this version';
}
