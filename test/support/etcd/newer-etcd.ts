import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Releases of Debian whose etcd is a 3.5: 3.5.16, and one that checks the permission of every key on a lease
 * (3.5.30 and later).
 */
type Suite = 'trixie' | 'forky';

/**
 * The path of an etcd 3.5: `ETCD_35_BIN`, or one taken from the package of a later Debian at the mirror that
 * this machine uses anyway, kept beside the npm packages; nothing is installed. `null` where neither can be
 * had.
 */
export function newerEtcd(suite: Suite = 'trixie'): string | null {
	if (process.env.ETCD_35_BIN && suite === 'trixie') return process.env.ETCD_35_BIN;
	const cache = fileURLToPath(
		new URL(`../../../node_modules/.cache/etcd-registrar-etcd-${suite}/`, import.meta.url),
	);
	const binary = join(cache, 'usr/bin/etcd');
	if (existsSync(binary)) return binary;
	try {
		unpack(mirror(), suite, cache);
		return existsSync(binary) ? binary : null;
	} catch {
		rmSync(cache, { recursive: true, force: true });
		return null;
	}
}

/** Where apt gets this system's own packages. */
function mirror(): string {
	const places = [
		'/etc/apt/sources.list',
		...readdirSync('/etc/apt/sources.list.d').map((name) => join('/etc/apt/sources.list.d', name)),
	];
	const text = places
		.filter((place) => existsSync(place))
		.map((place) => readFileSync(place, 'utf8'))
		.join('\n');
	const found = /^(?:URIs:|deb)\s.*?(https?:\/\/\S+\/debian)\/?(?:\s|$)/m.exec(text)?.[1];
	if (found === undefined) throw new Error('no mirror of Debian is configured');
	return found;
}

function unpack(uri: string, suite: Suite, cache: string): void {
	const at = (name: string) => join(cache, 'apt', name);
	for (const name of ['lists/partial', 'cache/archives/partial']) mkdirSync(at(name), { recursive: true });
	writeFileSync(at('sources.list'), `deb ${uri} ${suite} main\n`);
	writeFileSync(at('status'), '');
	// Lists, cache and state of its own: apt's are not touched.
	const settings = [
		`Dir::Etc::sourcelist=${at('sources.list')}`,
		'Dir::Etc::sourceparts=-',
		`Dir::State::lists=${at('lists')}`,
	];
	settings.push(`Dir::Cache=${at('cache')}`, `Dir::State::status=${at('status')}`, 'APT::Sandbox::User=root');
	const apt = (...args: string[]) =>
		execFileSync('apt-get', [...settings.flatMap((setting) => ['-o', setting]), ...args], {
			cwd: cache,
			stdio: 'pipe',
			timeout: 120_000,
		});
	apt('update');
	apt('download', 'etcd-server');
	const [file] = readdirSync(cache).filter((name) => name.endsWith('.deb'));
	execFileSync('dpkg', ['-x', file ?? '', '.'], { cwd: cache, stdio: 'pipe' });
	rmSync(at(''), { recursive: true, force: true });
}
