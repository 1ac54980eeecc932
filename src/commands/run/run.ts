/** `etcd-registrar run`: keeps the services registered until it is told to stop. */
import { type Context, EXIT } from '../context.js';
import { readSettings } from '../settings.js';
import { Serving } from './serving.js';
import { listenForSignals } from './signals.js';

export async function run(context: Context, envFile: string | null): Promise<number> {
	const serving = await Serving.open(readSettings(context, envFile), context.stderr, context.env);
	const signals = listenForSignals(context, { toggle: serving.toggle });
	void signals.second.then(() => context.exit(EXIT.ok));
	const asked = signals.first.then((signal) => {
		serving.log.info('stopping', { signal });
		return EXIT.ok;
	});
	const code = await Promise.race([asked, serving.start()]);
	await serving.close();
	return code;
}
