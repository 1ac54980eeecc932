import { existsSync, mkdtempSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { removeAtExit } from './guarded.js';

/** Where Debian and others put libfaketime. */
function library(): string | null {
	const folders = ['/usr/lib', '/usr/lib64', '/usr/local/lib'].filter((folder) => existsSync(folder));
	const places = folders.flatMap((folder) => [
		folder,
		...readdirSync(folder).map((name) => join(folder, name)),
	]);
	return (
		places.map((place) => join(place, 'faketime', 'libfaketime.so.1')).find((path) => existsSync(path)) ??
		null
	);
}

/** Why no clock can be set here, or `null`. */
export function clockMissing(): string | null {
	return library() === null ? 'libfaketime is not installed (package faketime)' : null;
}

/**
 * A wall clock that only the processes given its `env` see. Their monotonic clock stays real, as with a real
 * step of the time.
 */
export interface SteppedClock {
	/** For the environment of the process. */
	readonly env: Readonly<Record<string, string>>;
	/**
	 * Sets the wall clock this many seconds ahead of the real one (negative: behind). Seen at the next read of
	 * the clock.
	 */
	set(offsetSeconds: number): void;
}

export function startClock(offsetSeconds = 0): SteppedClock {
	const preload = library();
	if (preload === null) throw new Error(clockMissing() ?? '');
	const folder = mkdtempSync(join(tmpdir(), 'clock-'));
	removeAtExit(folder);
	const file = join(folder, 'offset');
	const set = (seconds: number) => {
		// Replaced whole: a process that reads while we write sees the old offset or the new one.
		writeFileSync(`${file}.new`, `${seconds < 0 ? '' : '+'}${seconds}\n`);
		renameSync(`${file}.new`, file);
	};
	set(offsetSeconds);
	return {
		env: {
			LD_PRELOAD: preload,
			FAKETIME_TIMESTAMP_FILE: file,
			FAKETIME_NO_CACHE: '1',
			FAKETIME_DONT_FAKE_MONOTONIC: '1',
		},
		set,
	};
}
