/**
 * `etcd-registrar watch name --exec 'command args'`: the command is run at the start and after each settled
 * change, with the instances as a JSON array on its standard input. While etcd is away they stay as last
 * known, and nothing is run.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { SpawnError } from '../../adapters/host/child.js';
import { runFed } from '../../adapters/host/fed-command.js';
import type { Instance } from '../../core/formats/index.js';
import type { Logger } from '../../core/log/logger.js';
import { namesProblem } from '../../core/settings/discovery-options.js';
import { parseLookup } from '../../core/settings/environment/lookup.js';
import { SERVICE } from '../../core/settings/environment/service-variables.js';
import { splitCommand } from '../../core/settings/values/check.js';
import type { Discovery } from '../../discovery.js';
import { follow } from '../../follow.js';
import { UsageError } from '../arguments.js';
import { type Context, EXIT } from '../context.js';
import { readVariables } from '../settings.js';

export interface WatchExecCall {
	readonly envFile: string | null;
	readonly name: string;
	readonly exec: string;
}

/** A terminal that was closed ends the command with it. */
const ENDS: ReadonlySet<NodeJS.Signals> = new Set(['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT']);
const POLL_MS = 5_000;
const EMPTY_GRACE_MS = 10_000;
/** Changes come in flocks: the command is run when none has come for so long. */
const SETTLED_MS = 100;
/** Runs begin at least so far apart. */
const EVERY_MS = 1_000;
/** A command that fails is tried again after a second, then after twice as long each time. */
const LONGEST_RETRY_MS = 60_000;
/** A command that takes longer keeps the changes waiting: told. */
const LONG_MS = 30_000;

/**
 * Exit code 0 after SIGTERM, SIGINT, SIGHUP or SIGQUIT; 126 or 127 when the command could not be started in the first place.
 */
export async function watchExec(context: Context, call: WatchExecCall): Promise<number> {
	const command = commandOf(call.exec);
	const stop = new AbortController();
	const say = (line: string) => void context.stderr.write(`etcd-registrar: ${line}\n`);
	context.onSignal((signal) => {
		if (!ENDS.has(signal)) return;
		if (stop.signal.aborted) context.exit(EXIT.ok);
		stop.abort();
	});
	const users = open(context, call, say);
	try {
		await users.ready({ signal: stop.signal });
		return await keepRunning(users, command, { context, say, signal: stop.signal });
	} catch (error) {
		if (stop.signal.aborted) return EXIT.ok;
		if (!(error instanceof SpawnError)) throw error;
		say(error.message);
		return error.exitCode;
	} finally {
		await users.close();
	}
}

interface Running {
	readonly context: Context;
	readonly say: (line: string) => void;
	readonly signal: AbortSignal;
}

async function keepRunning(
	users: Discovery,
	command: readonly [string, ...string[]],
	{ context, say, signal }: Running,
): Promise<number> {
	let handed: readonly Instance[] | null = null;
	let failures = 0;
	let hasRun = false;
	for (;;) {
		const began = performance.now();
		handed = users.instances;
		const input = `${JSON.stringify(handed)}\n`;
		const long = setTimeout(
			() => say(`the command runs for ${LONG_MS / 1_000} s now: changes wait`),
			LONG_MS,
		);
		const code = await runFed(command, input, { env: { ...context.env }, signal }).catch((error: unknown) => {
			if (!(error instanceof SpawnError) || !hasRun) throw error;
			say(error.message);
			return error.exitCode;
		});
		clearTimeout(long);
		signal.throwIfAborted();
		hasRun = true;
		failures = code === 0 ? 0 : failures + 1;
		const retryMs = Math.min(LONGEST_RETRY_MS, EVERY_MS * 2 ** (failures - 1));
		if (failures > 0) say(`the command ended with exit code ${code}: trying again in ${retryMs / 1_000} s`);
		const changed = await changeOf(users, handed, { signal, ...(failures > 0 ? { limitMs: retryMs } : {}) });
		// Another list may do where the last one failed.
		if (changed) failures = 0;
		await settled(users, signal);
		await delay(Math.max(0, began + EVERY_MS - performance.now()), undefined, { signal });
	}
}

/** Resolves to `true` once the instances are others than those, to `false` after so long. */
async function changeOf(
	users: Discovery,
	known: readonly Instance[],
	{ limitMs, signal }: { readonly limitMs?: number; readonly signal: AbortSignal },
): Promise<boolean> {
	const over = new AbortController();
	const either = AbortSignal.any([over.signal, signal]);
	const off: (() => void)[] = [];
	try {
		return await new Promise<boolean>((resolve, reject) => {
			off.push(users.on('changed', () => resolve(true)));
			if (users.instances !== known) resolve(true);
			signal.addEventListener('abort', () => reject(signal.reason), { once: true, signal: over.signal });
			if (limitMs !== undefined)
				delay(limitMs, undefined, { signal: either }).then(
					() => resolve(false),
					() => {},
				);
		});
	} finally {
		over.abort();
		for (const each of off) each();
	}
}

/** Resolves once nothing has changed for a moment; where changes never end, after a second. */
async function settled(users: Discovery, signal: AbortSignal): Promise<void> {
	let last: readonly Instance[] | null = null;
	for (let ms = 0; ms < EVERY_MS && last !== users.instances; ms += SETTLED_MS) {
		last = users.instances;
		await delay(SETTLED_MS, undefined, { signal });
	}
}

function commandOf(text: string): readonly [string, ...string[]] {
	try {
		return splitCommand(text);
	} catch (error) {
		throw new UsageError(`--exec: ${error instanceof Error ? error.message : error}`);
	}
}

/** @throws ConfigError, UsageError */
function open(context: Context, { envFile, name }: WatchExecCall, say: (line: string) => void): Discovery {
	const parsed = SERVICE.name.parse(name);
	if (!('value' in parsed))
		throw new UsageError(`the name ${JSON.stringify(name)}: expected ${parsed.expected}`);
	const { env, options } = readVariables(context, envFile);
	const { etcd, views } = parseLookup(env, options);
	const [view, ...others] = new Map(
		views.map(({ format, namespace }) => [`${format} ${namespace}`, { format, namespace }]),
	).values();
	if (view === undefined || others.length > 0)
		throw new UsageError('--exec reads one format in one namespace: set SERVICE_FORMAT to one of them');
	const wanted = { ...view, name };
	const problem = namesProblem(wanted);
	if (problem !== null) throw new UsageError(`the name ${JSON.stringify(name)}: expected ${problem}`);
	const tell = (message: string, fields: Record<string, unknown> = {}) =>
		say([message, fields.key, fields.reason].filter((part) => part !== undefined).join(': '));
	const logger: Logger = { debug() {}, info: tell, warn: tell, error: tell };
	return follow({ etcd, wanted, pollMs: POLL_MS, emptyGraceMs: EMPTY_GRACE_MS, logger });
}
