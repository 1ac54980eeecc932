/** The parts of `check` that are text alone: the configuration, what is to be written, what it takes. */

import type { Entry } from '../../core/registration.js';
import type { Source } from '../../core/settings/environment/environment.js';
import { describeCheck, parseCheck } from '../../core/settings/values/check.js';
import { line, printable, widths } from '../inspect/table.js';

export function section(title: string, rows: readonly (readonly string[])[]): string {
	const columns = widths(rows);
	return `${title}\n${rows.map((row) => `  ${line(row, columns)}\n`).join('')}\n`;
}

/** Every setting that has a value, and where it is from; what is not set stands in one line below. */
export function configuration(sources: readonly Source[]): string {
	const rows = sources.flatMap((source) =>
		source.value === null ? [] : [[source.name, shown(source), from(source)]],
	);
	const unset = sources.filter(({ value }) => value === null).map(({ name }) => name);
	const rest = unset.length === 0 ? [] : [['not set:', [...new Set(unset)].join(' ')]];
	return `${section('configuration', [['NAME', 'VALUE', 'FROM'], ...rows])}${rest.map((row) => `  ${row.join(' ')}\n\n`).join('')}`;
}

function from({ from: origin, via }: Source): string {
	return via === undefined ? origin : `${origin}, by ${via}`;
}

/** A check's address may carry a token in its query, its command anything: neither is shown. */
function shown({ name, value }: Source): string {
	const text = value ?? '';
	const check = name.endsWith('_CHECK') ? parseCheck(text) : null;
	if (check === null || !('value' in check)) return printable(text);
	if (check.value.kind === 'exec')
		return `exec:${printable(text.slice('exec:'.length).trim().split(/\s/)[0] ?? '')} …`;
	return check.value.kind === 'http'
		? printable(
				describeCheck(check.value)
					.replace(/^http /, '')
					.replace(/[?#].*$/su, '?…'),
			)
		: printable(text);
}

export function entryTable(entries: readonly Entry[]): string {
	return section('to be written', [
		['KEY', 'VALUE'],
		...entries.map(({ key, value }) => [printable(key), printable(value)]),
	]);
}

/**
 * The least role, as commands to copy: readwrite on the own keys and nothing else, but for prefixes whose
 * instances are counted.
 */
export function permissions(
	entries: readonly Entry[],
	{
		role,
		username,
		counted,
	}: { readonly role: string; readonly username: string | null; readonly counted: readonly string[] },
): string {
	const grants = entries.map(({ key }) => [
		`etcdctl role grant-permission ${quoted(role)} readwrite ${quoted(key)}`,
	]);
	const reads = counted.map((prefix) => [
		`etcdctl role grant-permission ${quoted(role)} --prefix=true read ${quoted(prefix)}`,
	]);
	const user = username === null ? 'USER' : quoted(username);
	return section('permissions needed, where etcd has authentication switched on', [
		[`etcdctl role add ${quoted(role)}`],
		...grants,
		...reads,
		[`etcdctl user grant-role ${user} ${quoted(role)}`],
	]);
}

/** For a POSIX shell. */
function quoted(text: string): string {
	return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
