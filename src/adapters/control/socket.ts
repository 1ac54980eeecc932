/** A Unix socket that only its owner can connect to, and a file that is never anybody else's. */
import { chmod, link, lstat, mkdtemp, rename, rm, unlink } from 'node:fs/promises';
import { connect, type Server } from 'node:net';
import { dirname } from 'node:path';

/** Why it cannot be listened on, in words that follow the path. */
export class SocketError extends Error {
	override readonly name = 'SocketError';
}

/** Whoever has not accepted by then is taken for alive: its queue may be full, or it is stopped. */
const PROBE_MS = 1_000;

/**
 * Listens at `path`, mode 0600. The socket is made in a directory that only its owner can enter, and then
 * linked to its place, so there is no moment in which another user could connect, and nothing that stands
 * there is overwritten: the file of a process that has ended is replaced, all else is a `SocketError`.
 * Resolves to what takes the file away again.
 */
export async function listenPrivately(server: Server, path: string): Promise<() => Promise<void>> {
	await clear(path);
	const folder = await mkdtemp(`${dirname(path)}/.r`).catch((error: unknown) => {
		throw new SocketError(problem(error, dirname(path)));
	});
	const inside = `${folder}/s`;
	try {
		await listen(server, inside);
		await chmod(inside, 0o600);
		await place(inside, path);
		const { dev, ino } = await lstat(path);
		return async () => {
			const now = await lstat(path).catch(() => null);
			if (now?.dev === dev && now.ino === ino) await unlink(path).catch(() => undefined);
		};
	} catch (error) {
		server.close();
		throw error instanceof SocketError ? error : new SocketError(problem(error, path));
	} finally {
		await rm(folder, { recursive: true, force: true }).catch(() => undefined);
	}
}

function listen(server: Server, path: string): Promise<void> {
	return new Promise((resolve, reject) => {
		server.once('error', reject);
		server.listen({ path, exclusive: true }, () => {
			server.off('error', reject);
			resolve();
		});
	});
}

/**
 * A link never replaces anything. Where the file system has none of sockets, `clear` has seen the place free.
 */
async function place(inside: string, path: string): Promise<void> {
	try {
		await link(inside, path);
	} catch (error) {
		const { code } = error as NodeJS.ErrnoException;
		if (code === 'EEXIST') throw new SocketError('another process has just begun to listen there');
		await rename(inside, path);
	}
}

/** @throws SocketError unless the place is free afterwards */
async function clear(path: string): Promise<void> {
	const found = await lstat(path).catch((error: NodeJS.ErrnoException) => {
		if (error.code === 'ENOENT') return null;
		throw new SocketError(problem(error, path));
	});
	if (found === null) return;
	if (!found.isSocket())
		throw new SocketError('what is there is no socket: choose another path, or take it away yourself');
	if (await isAlive(path))
		throw new SocketError('a living process listens there: give each registrar a path of its own');
	await unlink(path).catch((error: NodeJS.ErrnoException) => {
		if (error.code !== 'ENOENT') throw new SocketError(problem(error, path));
	});
}

/** Only a refused connection tells that nobody listens any more. */
function isAlive(path: string): Promise<boolean> {
	return new Promise((resolve) => {
		const socket = connect({ path });
		const timer = setTimeout(() => end(true), PROBE_MS);
		const end = (alive: boolean) => {
			clearTimeout(timer);
			socket.destroy();
			resolve(alive);
		};
		socket.once('connect', () => end(true));
		socket.once('error', ({ code }: NodeJS.ErrnoException) =>
			end(code !== 'ECONNREFUSED' && code !== 'ENOENT'),
		);
	});
}

function problem(error: unknown, path: string): string {
	const { code, message } = error as NodeJS.ErrnoException;
	switch (code) {
		case 'ENOENT':
			return `the directory ${path} is not there: create it`;
		case 'ENOTDIR':
			return 'a part of the path is no directory: correct it';
		case 'EACCES':
		case 'EPERM':
		case 'EROFS':
			return `this user may not create a file in ${path} (${code}): choose a directory of its own`;
		default:
			return message;
	}
}
