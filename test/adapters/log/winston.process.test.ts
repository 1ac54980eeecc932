import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { beforeAll, expect, test } from 'vitest';
import { compile } from '../../support/compile.js';
import { ended, spawnGuarded } from '../../support/process/guarded.js';
import { until } from '../../support/until.js';

let program: string;
beforeAll(async () => {
	program = await compile(new URL('../programs/log.ts', import.meta.url));
});

type Fields = Record<string, unknown>;

/** A process that logs to stderr. Nobody reads that before `read` is called. */
class Logging {
	readonly told: Fields[] = [];
	readonly child: ChildProcess;
	readonly #end: Promise<void>;

	constructor(scenario: string, wrap: (command: string[]) => string[] = (command) => command) {
		const [command = '', ...args] = wrap([process.execPath, program, scenario]);
		this.child = spawnGuarded(command, args, { stdio: ['pipe', 'pipe', 'pipe', 'pipe'] });
		this.#end = ended(this.child);
		createInterface({ input: this.child.stdio[3] as Readable }).on('line', (line) =>
			this.told.push(JSON.parse(line)),
		);
	}

	/** Reads stderr to its end; its lines. */
	async read(): Promise<Fields[]> {
		let text = '';
		for await (const chunk of (this.child.stderr as Readable).setEncoding('utf8')) text += chunk;
		await this.#end;
		expect(text === '' || text.endsWith('\n')).toBe(true);
		return text
			.split('\n')
			.slice(0, -1)
			.map((line) => JSON.parse(line));
	}

	async tells(key: string): Promise<Fields> {
		return await until(() => this.told.find((fields) => key in fields), { what: `"${key}" told` });
	}

	go(): void {
		this.child.stdin?.write('\n');
	}
}

/**
 * Standard error goes through a pipe of the shell to this command, whose output then is standard error.
 * (Node's own pipes are sockets.)
 */
const piped = (reader: string) => (command: string[]) => [
	'sh',
	'-c',
	`'${command.join("' '")}' 2>&1 >&- | (${reader}) >&2`,
];

const numbers = (count: number, from = 0) => Array.from({ length: count }, (_, n) => n + from);

test.each([
	['', undefined],
	[' of a shell pipe', piped('sleep 0.5; cat')],
])(
	'a slow reader%s gets all of 50,000 lines, in order, though the process has nothing more to do',
	async (_name, wrap) => {
		const logging = new Logging('many lines', wrap);
		const { waiting } = await logging.tells('waiting');
		expect(waiting).toBeGreaterThan(1_000_000);
		const lines = await logging.read();
		expect(lines.map(({ n }) => n)).toEqual(numbers(50_000));
		expect(logging.child.exitCode).toBe(0);
	},
);

test.each([
	['lines told before, while and after winston is loaded come in order', 'before and after loading', 3],
	['lines told right before the close are not lost', 'closed at once after loading', 200],
	[
		'a close while winston is being loaded loses nothing, and late lines come too',
		'closed while loading',
		300,
	],
	['many lines before winston is loaded', 'many early lines', 3000],
	['lines after the close come too and crash nothing', 'late lines', 3],
])('%s', async (_name, scenario, count) => {
	const logging = new Logging(scenario);
	const lines = await logging.read();
	expect(lines.map(({ n }) => n)).toEqual(numbers(count));
	expect(logging.child.exitCode).toBe(0);
});

test('what is logged before winston is loaded has the time at which it was logged', async () => {
	const [early, , loaded] = await new Logging('before and after loading').read();
	expect(Object.keys(early ?? {})).toEqual(Object.keys(loaded ?? {}));
	expect(Date.parse(String(loaded?.time)) - Date.parse(String(early?.time))).toBeGreaterThanOrEqual(45);
});

test('a process that has nothing more to do writes its lines before it ends, though nobody closes the log', async () => {
	expect((await new Logging('never closed').read()).map(({ n }) => n)).toEqual([0, 1]);
});

test('nobody asks for winston: a line waits for it, one of level error makes it come at once', async () => {
	const logging = new Logging('nobody asks');
	expect(await logging.tells('written')).toEqual({ written: ['error', 'info'] });
	await logging.read();
});

test('so many lines wait for winston and no more; what was dropped is counted and told', async () => {
	const logging = new Logging('too many early lines');
	const lines = await logging.read();
	expect(lines.slice(0, 10_000).map(({ n }) => n)).toEqual(numbers(10_000));
	expect(lines.slice(10_000)).toEqual([expect.objectContaining({ level: 'warn', dropped: 5 })]);
});

test('an exit before winston is loaded loses no line', async () => {
	const lines = await new Logging('never loaded').read();
	expect(lines).toEqual([
		{
			time: expect.any(String),
			level: 'error',
			message: 'wrong configuration',
			error: { message: 'no SERVICE_NAME' },
		},
	]);
});

test.each([
	['', undefined],
	[', as `| head` is,', piped('true')],
])('a reader that is gone%s kills nobody, and closing does not wait for it', async (_name, wrap) => {
	const logging = new Logging('reader gone', wrap);
	await logging.tells('ready');
	logging.child.stderr?.destroy();
	logging.go();
	const { dropped, closeMs } = await logging.tells('dropped');
	expect(dropped).toBeGreaterThan(0);
	expect(closeMs).toBeLessThan(10_000);
	await ended(logging.child);
	expect(logging.child.exitCode).toBe(0);
});

test('a stalled reader costs a bounded amount of memory; what was dropped is counted and told when it reads again', async () => {
	const logging = new Logging('reader stalled');
	const { dropped, most, grown } = await logging.tells('dropped');
	// 500,000 lines of some 110 bytes.
	expect(dropped).toBeGreaterThan(300_000);
	expect(most).toBeLessThan(8.1 * 1024 * 1024);
	// Of the lines that wait, text and bookkeeping (some 60 MiB); all 500,000 would be six times as much.
	expect(grown).toBeLessThan(100 * 1024 * 1024);
	logging.go();
	const lines = await logging.read();
	const notices = lines.filter((line) => 'dropped' in line);
	expect(notices.reduce((sum, line) => sum + Number(line.dropped), 0)).toBe(dropped);
	const received = lines.filter(({ n }) => n !== undefined).map(({ n }) => n);
	expect(received).toHaveLength(500_001 - Number(dropped));
	expect(received.at(-1)).toBe(500_000);
	expect(logging.child.exitCode).toBe(0);
});

test('closing gives a reader that never reads its time and no more', async () => {
	const logging = new Logging('reader stalled for ever');
	await logging.tells('closed');
	await ended(logging.child);
	expect(logging.child.exitCode).toBe(0);
});

test('a terminal whose output is stopped does not stop the process', async () => {
	// script(1) gives the process a terminal and reads it only as fast as its own output is read: here not at
	// all.
	const logging = new Logging('terminal stopped', (command) => [
		'script',
		'-qfec',
		`'${command.join("' '")}' pretty`,
		'/dev/null',
	]);
	const { terminal } = await logging.tells('alive');
	expect(terminal).toBe(true);
	logging.child.kill('SIGKILL');
	await ended(logging.child);
});
