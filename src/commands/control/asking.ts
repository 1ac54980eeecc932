/** What `status`, `pause` and `resume` share: whom to ask, and what to say when nobody answers. */
import { type Answered, ask, NoAnswer, type Where } from '../../adapters/control/client.js';
import { formatAddress } from '../../core/address.js';
import { ConfigError } from '../../core/errors.js';
import { type ControlSettings, parseControl } from '../../core/settings/environment/control.js';
import { type Context, EXIT } from '../context.js';
import { readVariables } from '../settings.js';

/** @throws ConfigError */
export function readControl(context: Context, envFile: string | null): ControlSettings {
	const { env, options } = readVariables(context, envFile);
	return parseControl(env, options);
}

/** @throws ConfigError where it is not configured */
export function socketOf({ control }: ControlSettings): Where {
	if (control !== null) return { socketPath: control };
	throw new ConfigError([
		'REGISTRAR_CONTROL is not set, expected the path of the running registrar’s control socket: for example REGISTRAR_CONTROL=/run/etcd-registrar/control.sock, for it and for this command',
	]);
}

/** The answer, or the exit code after whoever could not be asked was told. */
export async function asked(
	{ stderr }: Context,
	where: Where,
	request: Parameters<typeof ask>[1],
	limitMs: number,
): Promise<Answered | number> {
	try {
		return await ask(where, request, limitMs);
	} catch (error) {
		if (!(error instanceof NoAnswer)) throw error;
		stderr.write(`etcd-registrar: the registrar at ${placeOf(where)} cannot be asked: ${error.message}\n`);
		return EXIT.unavailable;
	}
}

const placeOf = (where: Where): string =>
	'socketPath' in where ? where.socketPath : formatAddress(where.host, where.port);
