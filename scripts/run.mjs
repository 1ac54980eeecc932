import { spawn } from 'node:child_process';
import { constants, copyFileSync, existsSync, readFileSync } from 'node:fs';
import { constants as os } from 'node:os';
import { parse } from 'dotenv';
import { firstFree, localEtcd } from './etcd.mjs';

/**
 * `make run`: the registrar in the foreground, with an etcd of its own unless one is named (ETCD_ENDPOINTS,
 * in the environment or in .env). Ends as the registrar ends; the etcd that it started goes last, so that the
 * registrar can take its key away.
 */
const say = (line) => process.stderr.write(`make run: ${line}\n`);

/** Of the page, where it is free and REGISTRAR_HTTP says nothing. */
const PAGE_PORT = 9090;

/** Where a browser on this machine finds the page. */
function pageAt(http) {
	const address = /^\d+$/.test(http) ? `127.0.0.1:${http}` : http;
	return `http://${address.replace(/^(?:0\.0\.0\.0|\[::\])(?=:)/, '127.0.0.1')}/`;
}

/** Signals that come before the registrar is there wait for it. */
let registrar = null;
const early = [];
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
	process.on(signal, () => (registrar ? registrar.kill(signal) : early.push(signal)));
}

if (!existsSync('.env') && existsSync('.env.example')) {
	copyFileSync('.env.example', '.env', constants.COPYFILE_EXCL);
	say('.env is new: a copy of .env.example, for you to change');
}
const settings = { ...(existsSync('.env') ? parse(readFileSync('.env')) : {}), ...process.env };
const own = settings.ETCD_ENDPOINTS || settings.ETCDCTL_ENDPOINTS;

try {
	const etcd = own ? null : await localEtcd();
	process.exitCode = await run(etcd);
} catch (error) {
	say(error.message);
	process.exitCode = 69;
}

async function run(etcd) {
	if (early.length > 0) {
		await etcd?.stop();
		return 0;
	}
	const http = settings.REGISTRAR_HTTP || String(await firstFree([PAGE_PORT, 0]));
	const env = { ...process.env, REGISTRAR_HTTP: http, ...(etcd && { ETCD_ENDPOINTS: etcd.endpoint }) };
	const namespace = `/${settings.SERVICE_NAMESPACE || 'ns'}/`;
	if (etcd) {
		say(
			`${etcd.started ? 'started an etcd of this checkout' : 'uses the etcd of this checkout that runs already'}: ${etcd.endpoint}, data in .etcd/`,
		);
		say(`look: ${etcd.etcdctl} get --prefix ${namespace}`);
		etcd.ended?.then(
			(reason) => registrar && say(`${reason}; the registrar goes on (start one again: make etcd)`),
		);
	} else
		say(
			`uses the etcd at ${own}; look: etcdctl --endpoints '${own.replaceAll(';', ',')}' get --prefix ${namespace}`,
		);
	if (http !== 'off') say(`page: ${pageAt(http)}`);
	// In a session of its own: a Ctrl-C reaches it once, through us. A second one would mean "leave at once".
	registrar = spawn(process.execPath, ['dist/cli.js', 'run', ...process.argv.slice(2)], {
		stdio: 'inherit',
		env,
		detached: true,
	});
	const code = await new Promise((done, failed) => {
		registrar.once('exit', (exitCode, signal) => done(exitCode ?? 128 + os.signals[signal]));
		registrar.once('error', failed);
	});
	registrar = null;
	await etcd?.stop();
	return code;
}
