/** `Type=notify`: what systemd is told, on a socket of the test's own. */
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { type Etcd, startEtcd } from '../../support/etcd/etcd.js';
import { needs } from '../../support/needs.js';
import { type RunningCommand, runCommand } from '../../support/process/command.js';
import { removeAtExit, spawnGuarded } from '../../support/process/guarded.js';
import { until } from '../../support/until.js';

let etcd: Etcd;
beforeAll(async () => {
	etcd = await startEtcd();
	return () => etcd.kill();
});

function folder(): string {
	const path = mkdtempSync(join(tmpdir(), 'systemd-'));
	removeAtExit(path);
	return path;
}

/**
 * A program in place of `systemd-notify` that writes what it is told into the file NOTIFY_SOCKET, a line a
 * word.
 */
function stand() {
	const at = folder();
	const program = join(at, 'systemd-notify');
	writeFileSync(program, '#!/bin/sh\nfor word; do printf "%s\\n" "$word"; done >> "$NOTIFY_SOCKET"\n');
	chmodSync(program, 0o755);
	const NOTIFY_SOCKET = join(at, 'told');
	const told = () =>
		existsSync(NOTIFY_SOCKET) ? readFileSync(NOTIFY_SOCKET, 'utf8').trim().split('\n') : [];
	return { env: { NOTIFY_SOCKET, PATH: `${at}${delimiter}${process.env.PATH}` }, told };
}

let count = 0;
const start = (env: Readonly<Record<string, string>>, args: readonly string[] = ['run']): RunningCommand =>
	runCommand(args, {
		...{ ETCD_ENDPOINTS: etcd.endpoint, SERVICE_NAME: `systemd-${process.pid}-${++count}` },
		...{ SERVICE_ADDR: '10.0.0.5:80', SERVICE_TTL: '2', ...env },
	});
const stop = async (run: RunningCommand): Promise<void> => {
	run.signal('SIGTERM');
	expect((await run.waitExit()).code).toBe(0);
};

describe.concurrent('systemd', () => {
	test('ready as soon as the loop runs, a status for each change, and the end', async () => {
		const own = await startEtcd();
		const { env, told } = stand();
		own.pause();
		const run = start({ ...env, ETCD_ENDPOINTS: own.endpoint });
		await until(() => told().includes('READY=1'), { what: 'READY=1 while etcd is silent' });
		expect(told().join('\n')).toContain('STATUS=starting: not registered yet');
		own.resume();
		const last = () => told().findLast((word) => word.startsWith('STATUS='));
		await until(
			() =>
				last() === 'STATUS=registered: every wanted key was verified in etcd within the last two intervals',
		);
		run.signal('SIGUSR2');
		await until(() => last() === 'STATUS=paused (SIGUSR2): withdrawn on request until resumed');
		await stop(run);
		expect(told().slice(-2)).toEqual(['STOPPING=1', 'STATUS=stopping']);
		expect(told().filter((word) => !word.startsWith('STATUS='))).toEqual(['READY=1', 'STOPPING=1']);
		for (const [at, word] of told().entries()) expect(word).not.toBe(told()[at - 1]);
		await own.kill();
	});

	test('with a start-up time-out it is ready when it is registered, and not before', async () => {
		const own = await startEtcd();
		const { env, told } = stand();
		own.pause();
		const run = start({ ...env, ETCD_ENDPOINTS: own.endpoint, REGISTRAR_STARTUP_TIMEOUT: '60s' });
		await run.waitForLog(({ message }) => message === 'a pass failed: trying again until one succeeds');
		await until(() => told().some((word) => word.startsWith('STATUS=starting')));
		expect(told()).not.toContain('READY=1');
		own.resume();
		await until(() => told().includes('READY=1'));
		await run.waitForLog(({ message }) => message === 'registered');
		await stop(run);
		await own.kill();
	});

	test('without systemd-notify it costs one line', async () => {
		const run = start({ NOTIFY_SOCKET: '/nowhere', PATH: '/nowhere' });
		await run.waitForLog(({ message }) => message === 'registered');
		const { reason } = await run.waitForLog(({ message }) => /systemd cannot be told/.test(message));
		expect(reason).toBe('the program systemd-notify is not installed');
		await stop(run);
		expect(run.logs().filter(({ message }) => /systemd cannot be told/.test(message))).toHaveLength(1);
	});

	test('one that fails, or hangs, costs one line and no time', async () => {
		const at = folder();
		writeFileSync(join(at, 'systemd-notify'), '#!/bin/sh\nexit 3\n');
		chmodSync(join(at, 'systemd-notify'), 0o755);
		const run = start({ NOTIFY_SOCKET: '/nowhere', PATH: `${at}${delimiter}${process.env.PATH}` });
		await run.waitForLog(
			({ message, reason }) => /cannot be told/.test(message) && reason === 'systemd-notify ended with 3',
		);
		writeFileSync(join(at, 'systemd-notify'), '#!/bin/sh\nexec sleep 600\n');
		await run.waitForLog(({ message }) => message === 'registered');
		run.signal('SIGUSR2');
		await run.waitForLog(({ message }) => message === 'withdrawn');
		await stop(run);
		expect(run.logs().filter(({ message }) => /cannot be told/.test(message))).toHaveLength(1);
	});

	test('under run -- the end is told before the drain', async () => {
		const { env, told } = stand();
		const run = start({ ...env, REGISTRAR_DRAIN_DELAY: '3s', SERVICE_CHECK: 'exec:true' }, [
			'run',
			'--',
			'sleep',
			'600',
		]);
		await run.waitForLog(({ message }) => message === 'registered');
		run.signal('SIGTERM');
		await until(() => told().includes('STOPPING=1'));
		await run.waitForLog(({ message }) => /^draining/.test(message));
		expect(run.logs().map(({ message }) => message)).not.toContain('the command ended');
		await run.waitExit();
	});

	test('the real systemd-notify on a datagram socket', async (context) => {
		const { error } = spawnSync('systemd-notify', ['--version']);
		needs(context, error === undefined ? null : `systemd-notify could not be run: ${error.message}`);
		const path = join(folder(), 'notify.sock');
		const listener = `use IO::Socket::UNIX; $| = 1;
			my $socket = IO::Socket::UNIX->new(Type => SOCK_DGRAM(), Local => '${path}') or die $!;
			print "listening\\n"; while (defined $socket->recv(my $text, 4096)) { print "$text\\n" }`;
		const perl = spawnGuarded('perl', ['-e', listener], { stdio: ['ignore', 'pipe', 'inherit'] });
		let heard = '';
		perl.stdout?.setEncoding('utf8').on('data', (text: string) => {
			heard += text;
		});
		await until(() => heard.includes('listening'));
		const run = start({ NOTIFY_SOCKET: path });
		await until(() => heard.includes('READY=1') && heard.includes('STATUS=registered: '));
		await stop(run);
		await until(() => heard.includes('STOPPING=1'));
		perl.kill();
	});
});
