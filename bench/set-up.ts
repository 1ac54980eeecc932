import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { inBench, inCheckout } from './paths.js';

const run = promisify(execFile);
const LIMIT = { timeout: 300_000, maxBuffer: 1 << 26 };
const GO_SOURCES = '/usr/share/gocode';
/** The discoverer's own version of etcd3. */
const MOLECULER = ['moleculer@0.14', 'etcd3@1'];

export interface SetUp {
	/** Bytes of the published archive, and unpacked. */
	readonly packed: { readonly size: number; readonly unpackedSize: number };
	/** Where it was installed, the scripts that it is measured against beside it: of this run alone. */
	readonly folder: string;
	/** The command as it lies in the installed package. */
	readonly command: string;
	/** Why the contestant cannot take part; `null` = it can. */
	readonly moleculer: string | null;
	readonly go: string | null;
}

/**
 * Installs the package as users get it, and the others beside it, each in a folder of its own under
 * `.bench/`.
 */
export async function setUp(say: (text: string) => void): Promise<SetUp> {
	// Another run beside this one must not pull it away from under the processes that are measured.
	const folder = inBench(`package-${process.pid}`);
	process.on('exit', () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
	say('packs and installs the package');
	const packed = await pack(folder);
	cpSync(inCheckout('bench/baselines'), `${folder}/baselines`, { recursive: true });
	const installed = `${folder}/node_modules/etcd-registrar`;
	const { bin } = JSON.parse(readFileSync(`${installed}/package.json`, 'utf8')) as {
		bin: Record<string, string>;
	};
	return {
		packed,
		folder,
		command: `${installed}/${bin['etcd-registrar']}`,
		moleculer: await moleculer(say),
		go: await go(say),
	};
}

async function pack(folder: string): Promise<SetUp['packed']> {
	const archives = `${folder}/archive`;
	mkdirSync(archives, { recursive: true });
	const { stdout } = await run(
		'npm',
		['pack', '--ignore-scripts', '--json', '--pack-destination', archives],
		{ ...LIMIT, cwd: inCheckout('') },
	);
	const [archive] = JSON.parse(stdout) as { filename: string; size: number; unpackedSize: number }[];
	if (archive === undefined) throw new Error('npm pack made nothing');
	await install(folder, [`${archives}/${archive.filename}`]);
	return archive;
}

async function install(prefix: string, packages: readonly string[]): Promise<void> {
	mkdirSync(prefix, { recursive: true });
	writeFileSync(`${prefix}/package.json`, '{ "private": true }\n');
	await run('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', ...packages], {
		...LIMIT,
		cwd: prefix,
	});
}

async function moleculer(say: (text: string) => void): Promise<string | null> {
	try {
		if (!existsSync(inBench('moleculer/node_modules/moleculer'))) {
			say("installs moleculer's discoverer");
			await install(inBench('moleculer'), MOLECULER);
		}
		cpSync(inCheckout('bench/baselines/moleculer.cjs'), inBench('moleculer/moleculer.cjs'));
		return null;
	} catch {
		return 'could not be installed';
	}
}

async function go(say: (text: string) => void): Promise<string | null> {
	const [source, program] = [inCheckout('bench/baselines/first.go'), inBench('classic-registrar')];
	if (existsSync(program) && statSync(program).mtimeMs >= statSync(source).mtimeMs) return null;
	if (!existsSync(`${GO_SOURCES}/src/go.etcd.io/etcd/clientv3`))
		return 'needs golang-go and golang-etcd-server-dev';
	say('compiles the classic registrar in Go');
	const env = {
		...process.env,
		GO111MODULE: 'off',
		GOPATH: GO_SOURCES,
		GOCACHE: inBench('go-cache'),
		GOFLAGS: '',
	};
	try {
		await run('go', ['build', '-o', program, source], { ...LIMIT, env });
		return null;
	} catch (error) {
		return `does not compile: ${error instanceof Error ? error.message.split('\n')[0] : error}`;
	}
}
