import { type Etcd, startEtcd } from '../support/etcd/etcd.js';
import { Gateway } from '../support/etcd/gateway.js';
import { freePort } from '../support/network/net.js';
import { startProxy, type TcpProxy } from '../support/network/proxy.js';
import { type RunningCommand, runCommand } from '../support/process/command.js';
import { startRegistrar } from '../support/process/registrar.js';
import { Timeline } from '../support/stage/timeline.js';

export const TTL_SECONDS = 2;
/** How often the key is read: what is mended faster is not seen. */
const READ_EVERY_MS = 2;
export const KEY = '/ns/user/10.0.0.5:8080';
export const VALUE = '10.0.0.5:8080';

/**
 * One program, with an etcd and a network of its own, so that a fault strikes both programs alike and each
 * alone.
 */
export interface Track {
	readonly name: string;
	readonly etcd: Etcd;
	readonly proxy: TcpProxy;
	readonly gateway: Gateway;
	readonly timeline: Timeline;
	/** Where the program has its page; `null` = it has none. */
	readonly page: string | null;
	/** The process that runs now. */
	process: RunningCommand;
	start(): RunningCommand;
}

/** `entry`: the program to run instead of the real command. */
export async function openTrack(name: string, entry?: string): Promise<Track> {
	const etcd = await startEtcd();
	const proxy = await startProxy(etcd.endpoint);
	const gateway = new Gateway(etcd.endpoint);
	const env = {
		ETCD_ENDPOINTS: proxy.endpoint,
		SERVICE_NAME: 'user',
		SERVICE_ADDR: VALUE,
		SERVICE_TTL: String(TTL_SECONDS),
	};
	const http = `127.0.0.1:${await freePort()}`;
	const page = entry === undefined ? `http://${http}/` : null;
	const start = (): RunningCommand =>
		entry === undefined
			? startRegistrar(proxy.endpoint, { ttlSeconds: TTL_SECONDS, env: { REGISTRAR_HTTP: http } })
			: runCommand([], env, { entry });
	// A key on no lease would stay when the program is long dead: that is not registered.
	const timeline = new Timeline(
		gateway,
		KEY,
		({ value, lease }) => value === VALUE && lease !== null,
		READ_EVERY_MS,
	);
	const track = { name, etcd, proxy, gateway, timeline, page, process: start(), start };
	await timeline.right();
	return track;
}

/** Makes both begin a chapter registered: what did not come back by itself is started again by hand. */
export async function ensureRegistered(track: Track): Promise<boolean> {
	if (track.timeline.now === 'right') return false;
	await kill(track.process);
	await track.gateway.delete(KEY);
	track.process = track.start();
	await track.timeline.right();
	return true;
}

export async function kill(command: RunningCommand): Promise<void> {
	try {
		command.signal('SIGKILL');
	} catch {
		// It has ended already.
	}
	await command.waitExit();
}

export async function closeTrack(track: Track): Promise<void> {
	await track.timeline.stop();
	await kill(track.process);
	await track.proxy.close();
	await track.etcd.kill();
	track.gateway.close();
}
