/**
 * Where this process listens: an address for HTTP, a path for the control socket; `off` (`null`) = nowhere.
 */
import { type BindAddress, formatAddress, parseBindAddress } from '../../address.js';
import { type Kind, type Parsed, text } from './kinds.js';

export const bindAddress: Kind<BindAddress | null> = text(parseBindAddress, (address) =>
	address === null ? 'off' : formatAddress(address.host, address.port),
);

/** What every system takes: `sun_path` holds 104 bytes with its end on macOS and the BSDs, 108 on Linux. */
const LONGEST_BYTES = 103;
/** The socket is made in a directory of its own beside it, `.rXXXXXX/s`, before it is put in its place. */
const LONGEST_FOLDER_BYTES = 92;

export function parseSocketPath(path: string): Parsed<string | null> {
	if (path === 'off') return { value: null };
	const wrong = (expected: string) => ({ expected, example: '/run/etcd-registrar/control.sock' });
	if (/^\d+$|:\/\/|^[^/]*:\d+$/.test(path))
		return wrong('off, or the path of a Unix socket, which is no port and no URL');
	if (path.endsWith('/')) return wrong('the path of a Unix socket, not of a directory');
	const bytes = (part: string) => new TextEncoder().encode(part).length;
	if (bytes(path) > LONGEST_BYTES || bytes(path.slice(0, path.lastIndexOf('/') + 1)) > LONGEST_FOLDER_BYTES)
		return wrong(
			`a path of at most ${LONGEST_BYTES} bytes, ${LONGEST_FOLDER_BYTES} of them in its directory: that of a socket cannot be longer`,
		);
	return { value: path };
}

export const socketPath: Kind<string | null> = text(parseSocketPath, (path) => path ?? 'off');
