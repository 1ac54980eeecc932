import { spawnSync } from 'node:child_process';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { removeAtExit } from '../process/guarded.js';

const A = 1;
const NOT_FOUND = 3;
let count = 0;

/** Why no process can be given a DNS of its own here, or `null`. */
export function dnsMissing(): string | null {
	if (process.platform !== 'linux' || process.getuid?.() !== 0)
		return 'a mount namespace needs Linux and root';
	const { error, status, stderr } = spawnSync('unshare', ['--mount', 'true'], { encoding: 'utf8' });
	return status === 0 ? null : `a mount namespace could not be made: ${error?.message ?? stderr.trim()}`;
}

/**
 * A DNS server for the processes that are run by `wrap`: it has the addresses of these names and of no
 * others.
 */
export async function startDns(addresses: Record<string, string>, search = ''): Promise<TestDns> {
	const host = `127.53.${process.pid % 250}.${++count}`;
	const socket = createSocket('udp4');
	socket.bind(53, host);
	await once(socket, 'listening');
	return new TestDns(socket, host, addresses, search);
}

export class TestDns {
	/** Put before a command, runs it in a mount namespace with an /etc/resolv.conf of its own. */
	readonly wrap: readonly string[];
	/** Names it was asked for and has left without an answer, or `all`. */
	readonly silent = new Set<string>();
	/** Every name it was asked for. */
	readonly asked: string[] = [];

	constructor(
		private readonly socket: Socket,
		host: string,
		private readonly addresses: Record<string, string>,
		search: string,
	) {
		const folder = mkdtempSync(join(tmpdir(), 'etcd-registrar-dns-'));
		removeAtExit(folder);
		const file = join(folder, 'resolv.conf');
		writeFileSync(file, `nameserver ${host}\n${search === '' ? '' : `search ${search}\n`}`);
		const script = 'mount --bind "$0" /etc/resolv.conf && exec "$@"';
		this.wrap = ['unshare', '--mount', 'sh', '-c', script, file];
		socket.on('message', (query, from) => {
			const answer = this.#answer(query);
			if (answer !== null) socket.send(answer, from.port, from.address);
		});
	}

	close(): void {
		this.socket.close();
	}

	#answer(query: Buffer): Buffer | null {
		const labels: string[] = [];
		let at = 12;
		for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
			labels.push(query.toString('latin1', at + 1, at + 1 + length));
			at += 1 + length;
		}
		const name = labels.join('.').toLowerCase();
		const type = query.readUInt16BE(at + 1);
		this.asked.push(name);
		if (this.silent.has(name) || this.silent.has('all')) return null;
		const address = this.addresses[name];
		const header = Buffer.from(query.subarray(0, 12));
		header.writeUInt16BE(0x8180 | (address === undefined ? NOT_FOUND : 0), 2);
		for (const [offset, value] of [
			[4, 1],
			[6, address !== undefined && type === A ? 1 : 0],
			[8, 0],
			[10, 0],
		] as const)
			header.writeUInt16BE(value, offset);
		const question = query.subarray(12, at + 5);
		if (address === undefined || type !== A) return Buffer.concat([header, question]);
		// The name by a pointer to the question, type A, class IN, not to be kept, four bytes.
		const record = Buffer.from([0xc0, 12, 0, A, 0, 1, 0, 0, 0, 0, 0, 4, ...address.split('.').map(Number)]);
		return Buffer.concat([header, question, record]);
	}
}
