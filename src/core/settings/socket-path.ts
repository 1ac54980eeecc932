import type { Parser } from './parsed.js';

/** What every system takes: `sun_path` holds 104 bytes with its end on macOS and the BSDs, 108 on Linux. */
const LONGEST_BYTES = 103;

/** The path of a Unix socket; `off` = none (`null`). */
export const parseSocketPath: Parser<string | null> = (text) => {
	if (text === 'off') return { value: null };
	const wrong = (expected: string) => ({ expected, example: '/run/etcd-registrar/control.sock' });
	if (/^\d+$|:\/\/|^[^/]*:\d+$/.test(text))
		return wrong('off, or the path of a Unix socket, which is no port and no URL');
	if (text.endsWith('/')) return wrong('the path of a Unix socket, not of a directory');
	if (new TextEncoder().encode(text).length > LONGEST_BYTES)
		return wrong(`a path of at most ${LONGEST_BYTES} bytes, which is as long as that of a socket can be`);
	return { value: text };
};
