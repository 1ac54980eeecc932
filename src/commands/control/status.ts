/** `etcd-registrar status`: the running registrar's state, as a table or as the document of `/status`. */
import type { Answered, Where } from '../../adapters/control/client.js';
import { ConfigError } from '../../core/errors.js';
import type { ControlSettings } from '../../core/settings/environment/control.js';
import type { Status } from '../../registrar/documents.js';
import { type Context, EXIT } from '../context.js';
import { asked, readControl } from './asking.js';
import { reachable } from './health.js';
import { statusTable } from './status-table.js';

const TIMEOUT_MS = 3_000;

/** Exit code 0 = it answered, whatever its state is; 69 = it did not. */
export async function status(
	context: Context,
	{ envFile, json }: { readonly envFile: string | null; readonly json: boolean },
): Promise<number> {
	let answer: Answered | number = EXIT.unavailable;
	for (const where of placesToAsk(readControl(context, envFile))) {
		answer = await asked(context, where, { method: 'GET', path: '/status' }, TIMEOUT_MS);
		if (typeof answer !== 'number') break;
	}
	if (typeof answer === 'number') return answer;
	const document = answer.code === 200 ? documentIn(answer.body) : null;
	if (document === null) {
		context.stderr.write('etcd-registrar: what answers there is no registrar of this version\n');
		return EXIT.unavailable;
	}
	context.stdout.write(json ? answer.body : statusTable(document, context.stdout.columns));
	return EXIT.ok;
}

/** The socket first: it is this user's own. @throws ConfigError where neither is configured */
function placesToAsk({ control, http }: ControlSettings): Where[] {
	const places = [
		...(control === null ? [] : [{ socketPath: control }]),
		...(http === null ? [] : [reachable(http)]),
	];
	if (places.length > 0) return places;
	throw new ConfigError([
		'REGISTRAR_CONTROL and REGISTRAR_HTTP are not set, expected one of them, as the running registrar has it: for example REGISTRAR_HTTP=127.0.0.1:9090',
	]);
}

function documentIn(body: string): Status | null {
	try {
		const document = JSON.parse(body) as Partial<Status>;
		return Array.isArray(document.keys) && Array.isArray(document.paused) ? (document as Status) : null;
	} catch {
		return null;
	}
}
