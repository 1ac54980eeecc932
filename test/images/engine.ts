import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/** `docker` or `podman`: what `CONTAINER_ENGINE` names, else the first that answers. */
async function engineHere(): Promise<string> {
	const { CONTAINER_ENGINE } = process.env;
	const names = CONTAINER_ENGINE ? [CONTAINER_ENGINE] : ['docker', 'podman'];
	for (const name of names) if (await answers(name)) return name;
	throw new Error(
		`no container engine answers (tried ${names.join(' and ')}): start Docker, or install podman, or name one with CONTAINER_ENGINE`,
	);
}
const answers = (name: string) =>
	execute(name, ['info']).then(
		() => true,
		() => false,
	);

export interface Said {
	readonly code: number;
	readonly stdout: string;
	readonly stderr: string;
}

/** The part of their command lines that docker and podman share. */
export class Engine {
	readonly #made: (readonly string[])[] = [];

	private constructor(private readonly name: string) {}

	static async here(): Promise<Engine> {
		return new Engine(await engineHere());
	}

	/** Resolves to stdout. @throws Error with everything it wrote where the exit code is not 0. */
	async run(...args: readonly string[]): Promise<string> {
		const { code, stdout, stderr } = await this.try(...args);
		if (code !== 0) throw new Error(`${this.name} ${args.join(' ')}: exit ${code}\n${stdout}${stderr}`);
		return stdout;
	}

	async try(...args: readonly string[]): Promise<Said> {
		// podman's own format drops HEALTHCHECK.
		const env = { ...process.env, BUILDAH_FORMAT: 'docker' };
		return execute(this.name, args, { env, maxBuffer: 2 ** 26 }).then(
			(said) => ({ code: 0, ...said }),
			({ code, stdout, stderr }: Said) => ({ code, stdout, stderr }),
		);
	}

	/** Builds an image with that folder as its context, and resolves to its name. `end()` removes it. */
	async image(folder: string, dockerfile: string): Promise<string> {
		const name = `etcd-registrar-test-${randomUUID()}`;
		await this.run('build', '--network', 'host', '-t', name, '-f', dockerfile, folder);
		this.#made.push(['rmi', '--force', name]);
		return name;
	}

	/**
	 * Starts a container as the documentation recommends: read-only and without capabilities. It uses the host's
	 * network, to reach an etcd on loopback. `options` are added to the command line.
	 */
	async container(
		image: string,
		env: Readonly<Record<string, string>>,
		options: readonly string[] = [],
	): Promise<Container> {
		const name = `etcd-registrar-test-${randomUUID()}`;
		this.#made.push(['rm', '--force', name]);
		const told = Object.entries(env).flatMap(([key, value]) => ['-e', `${key}=${value}`]);
		const fixed = ['--read-only', '--cap-drop', 'ALL', '--network', 'host'];
		await this.run('run', '--detach', '--name', name, ...fixed, ...options, ...told, image);
		return new Container(this, name);
	}

	/** Bytes of all layers of the image, uncompressed. */
	async sizeOf(image: string): Promise<number> {
		return Number(await this.run('image', 'inspect', '--format', '{{.Size}}', image));
	}

	/** Removes the containers, then the images: the newest first. */
	async end(): Promise<void> {
		for (const args of this.#made.splice(0).reverse()) await this.try(...args);
	}
}

export class Container {
	constructor(
		private readonly engine: Engine,
		private readonly name: string,
	) {}

	/** Runs a command in it, as a probe or a preStop does. */
	exec(...command: readonly string[]): Promise<Said> {
		return this.engine.try('exec', this.name, ...command);
	}

	/** What its processes wrote: stdout, then stderr. */
	async logs(): Promise<string> {
		const { stdout, stderr } = await this.engine.try('logs', this.name);
		return `${stdout}${stderr}`;
	}

	/** SIGTERM, and after 20 s SIGKILL. Resolves to the exit code. */
	async stop(): Promise<number> {
		await this.engine.run('stop', '-t', '20', this.name);
		return Number(await this.engine.run('inspect', '--format', '{{.State.ExitCode}}', this.name));
	}
}
