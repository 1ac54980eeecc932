/** Command lines of this program in a shell block of the documentation. */
import { splitCommand } from '../../src/core/settings/values/check.js';

export interface CommandLine {
	/** What was exported before it and what stands in front of it. */
	readonly env: Readonly<Record<string, string>>;
	/** Behind `etcd-registrar`. */
	readonly args: readonly string[];
}

/**
 * Every call of `etcd-registrar`, with `npx` in front of it or not. Its quotes are read, no variable is
 * replaced.
 */
export function commandLinesIn(block: string): CommandLine[] {
	const found: CommandLine[] = [];
	const exported: Record<string, string> = {};
	for (const line of block.replaceAll(/\\\n\s*/g, ' ').split('\n')) {
		for (const part of withoutComment(line).split(/ (?:&&|\|\||\||;) /)) {
			if (part.trim() === '') continue;
			const words = [...splitCommand(part)];
			const isExport = words[0] === 'export';
			if (isExport || words[0] === 'npx') words.shift();
			const env: Record<string, string> = {};
			for (let word = words[0]; word !== undefined && /^[A-Z_]+=/.test(word); word = words[0]) {
				const at = word.indexOf('=');
				(isExport ? exported : env)[word.slice(0, at)] = word.slice(at + 1);
				words.shift();
			}
			if (words[0] === 'npx') words.shift();
			if (words[0] === 'etcd-registrar') found.push({ env: { ...exported, ...env }, args: words.slice(1) });
		}
	}
	return found;
}

/** A `#` behind a blank, outside of quotes. */
function withoutComment(line: string): string {
	return /^(?:[^'"#]|'[^']*'|"[^"]*"|(?<=\S)#)*/.exec(line)?.[0] ?? '';
}
