/**
 * `etcd-registrar watch [name]`: what discovery sees, and each change of it. It reads everything again and
 * again and tells the difference; etcd's own watch only makes it read sooner. So it can be deaf for a while,
 * and etcd can be away, restarted or restored, and yet the last state told is the true one. What comes and
 * goes between two reads is not told.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { CatalogEntry } from '../../adapters/etcd/catalog.js';
import { type Context, EXIT } from '../context.js';
import { Hints } from './hints.js';
import {
	type InspectCall,
	type Inspection,
	isLasting,
	isStoreError,
	openInspection,
	storeTrouble,
} from './inspection.js';
import { type Change, KnownKeys } from './known-keys.js';
import { Output } from './output.js';
import { type Row, rowsOf } from './rows.js';
import { COLUMNS, cells, line, widths } from './table.js';

/** Without a hint. */
const POLL_MS = 5_000;
const RETRY_MS = 1_000;
/** Changes come in flocks: one read for all of them. */
const FLOCK_MS = 50;
/** Changes that are told at once. */
const PART = 1_000;

export async function watch(context: Context, call: InspectCall): Promise<number> {
	const inspection = openInspection(context, call);
	const printer = new Printer(new Output(context), call.json);
	const hints = new Hints(inspection);
	const known = new KnownKeys(() => performance.now() / 1_000);
	let trouble: string | null = null;
	let seen = false;
	for (;;) {
		try {
			const entries = (
				await Promise.all(inspection.prefixes.map((prefix) => inspection.catalog.list(prefix)))
			).flat();
			hints.listen();
			await tell(inspection, known, entries, printer);
			if (trouble !== null) context.stderr.write('etcd-registrar: etcd answers again\n');
			trouble = null;
			seen = true;
			await hints.next(POLL_MS);
			await delay(FLOCK_MS);
		} catch (error) {
			if (!isStoreError(error)) throw error;
			const now = storeTrouble(error, inspection);
			if (now !== trouble) context.stderr.write(`etcd-registrar: ${now}\n`);
			// What waiting does not mend is told and left, but what worked before may work again.
			if (!seen && isLasting(error)) return EXIT.unavailable;
			trouble = now;
			await delay(RETRY_MS);
		}
	}
}

/**
 * Nothing is read anew before this was taken by the reader: one that stalls costs nothing, and then sees the
 * newest state.
 */
async function tell(
	{ catalog }: Inspection,
	known: KnownKeys,
	entries: readonly CatalogEntry[],
	printer: Printer,
): Promise<void> {
	const changes = known.changes(entries);
	const seen = (key: string) => known.firstSeen(key);
	for (let from = 0; from < changes.length; from += PART) {
		const part = changes.slice(from, from + PART);
		const rows = await rowsOf(
			catalog,
			part.map(({ entry }) => entry),
			seen,
		);
		await printer.print(
			part.flatMap(({ event }, at) => {
				const row = rows[at];
				return row === undefined
					? []
					: [{ event, row: event === 'delete' ? { ...row, secondsLeft: null } : row }];
			}),
		);
		known.settle(part);
	}
	known.complete();
}

interface Told {
	readonly event: Change['event'];
	readonly row: Row;
}

class Printer {
	#columns: readonly number[] = [];

	constructor(
		private readonly output: Output,
		private readonly json: boolean,
	) {}

	async print(changes: readonly Told[]): Promise<void> {
		const lines = this.json ? changes.map(jsonLine) : this.#table(changes);
		await this.output.write(lines.map((each) => `${each}\n`).join(''));
	}

	#table(changes: readonly Told[]): string[] {
		const head = this.#columns.length === 0 ? [['', 'TIME', ...COLUMNS]] : [];
		const time = new Date().toTimeString().slice(0, 8);
		const rows = [...head, ...changes.map(({ event, row }) => [SIGNS[event], time, ...cells(row)])];
		const columns = widths(rows, this.#columns);
		this.#columns = columns;
		return rows.map((row) => line(row, columns));
	}
}

const SIGNS = { put: '+', delete: '-' } as const;

function jsonLine({ event, row }: Told): string {
	return JSON.stringify({ event, time: new Date().toISOString(), ...row });
}
