import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { beforeAll, expect, test } from 'vitest';
import { type Etcd, startEtcd } from '../../support/etcd/etcd.js';
import { needs } from '../../support/needs.js';
import { alive } from '../../support/process/proc.js';
import { wrap } from '../../support/process/wrapped.js';
import { until } from '../../support/until.js';

let etcd: Etcd;
beforeAll(async () => {
	etcd = await startEtcd();
	return () => etcd.kill();
});

/** A process namespace of its own, as a container has. */
const CONTAINER = ['unshare', '--pid', '--fork', '--kill-child', '--mount-proc'];
// Tried, not guessed: it needs Linux, root, and a root folder that is a mount of its own (a bare chroot is
// none).
const [unshare = '', ...flags] = CONTAINER;
const missing =
	spawnSync(unshare, [...flags, 'true']).status === 0 ? null : 'a process namespace cannot be made here';
const SERVER = `require('http').createServer((q, s) => s.end()).listen(+process.env.PORT, '127.0.0.1');`;
const childrenOf = (pid: number): number[] =>
	readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number);

test('as PID 1 it registers, tells once that it cannot reap orphans, passes SIGTERM on and ends with the code of the command', async (context) => {
	needs(context, missing);
	const script = `${SERVER} process.on('SIGTERM', () => { console.log('told', process.ppid); process.exit(7); });`;
	const wrapped = await wrap(etcd, { command: [process.execPath, '-e', script], wrap: CONTAINER });
	// Not by the command's own id: that is one of the namespace, and out here another process has it. All in
	// it end with unshare.
	context.onTestFinished(() => {
		wrapped.gateway.close();
		if (alive(wrapped.pid)) process.kill(wrapped.pid, 'SIGKILL');
	});
	await wrapped.registered();
	const [registrar = Number.NaN] = childrenOf(wrapped.pid);
	process.kill(registrar, 'SIGTERM');
	expect((await wrapped.waitExit()).code).toBe(7);
	// Its parent was PID 1: the registrar.
	expect(wrapped.stdout).toBe('told 1\n');
	expect(wrapped.logs().filter(({ message }) => message.includes('--init'))).toHaveLength(1);
	expect(await wrapped.gateway.get(wrapped.key)).toBeNull();
	await until(async () => (await wrapped.gateway.leases()).length === 0);
});
