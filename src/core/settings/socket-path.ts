import type { Parser } from './parsed.js';

/** What every system takes: `sun_path` holds 104 bytes with its end on macOS and the BSDs, 108 on Linux. */
const LONGEST_BYTES = 103;
/** The socket is made in a directory of its own beside it, `.rXXXXXX/s`, before it is put in its place. */
const LONGEST_FOLDER_BYTES = 92;

/** The path of a Unix socket; `off` = none (`null`). */
export const parseSocketPath: Parser<string | null> = (text) => {
	if (text === 'off') return { value: null };
	const wrong = (expected: string) => ({ expected, example: '/run/etcd-registrar/control.sock' });
	if (/^\d+$|:\/\/|^[^/]*:\d+$/.test(text))
		return wrong('off, or the path of a Unix socket, which is no port and no URL');
	if (text.endsWith('/')) return wrong('the path of a Unix socket, not of a directory');
	const bytes = (part: string) => new TextEncoder().encode(part).length;
	if (bytes(text) > LONGEST_BYTES || bytes(text.slice(0, text.lastIndexOf('/') + 1)) > LONGEST_FOLDER_BYTES)
		return wrong(
			`a path of at most ${LONGEST_BYTES} bytes, ${LONGEST_FOLDER_BYTES} of them in its directory: that of a socket cannot be longer`,
		);
	return { value: text };
};
