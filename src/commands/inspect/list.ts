/**
 * `etcd-registrar list [name]`: what discovery sees now. It is read and written page by page, at the reader's
 * pace.
 */
import type { EtcdCatalog } from '../../adapters/etcd/catalog.js';
import { type Context, EXIT } from '../context.js';
import { type InspectCall, isStoreError, openInspection, storeTrouble } from './inspection.js';
import { Output } from './output.js';
import { type Row, rowsOf } from './rows.js';
import { COLUMNS, cells, cut, fitted, line, widths } from './table.js';

const VALUE = COLUMNS.indexOf('VALUE');

/** Exit code 69 when etcd does not answer or denies it. */
export async function list(context: Context, call: InspectCall): Promise<number> {
	const inspection = openInspection(context, call);
	const { catalog, prefixes } = inspection;
	const output = new Output(context);
	const writer = call.json ? new JsonArray() : new Table(context.stdout);
	let count = 0;
	try {
		for await (const rows of pagesOf(catalog, prefixes)) {
			count += rows.length;
			await output.write(writer.page(rows));
		}
		await output.write(writer.end());
		if (count === 0 && !call.json)
			context.stderr.write(`nothing is registered below ${prefixes.join(', ') || 'any key'}\n`);
		return EXIT.ok;
	} catch (error) {
		if (!isStoreError(error)) throw error;
		context.stderr.write(`etcd-registrar: ${storeTrouble(error, inspection)}\n`);
		return EXIT.unavailable;
	} finally {
		catalog.close();
	}
}

async function* pagesOf(catalog: EtcdCatalog, prefixes: readonly string[]): AsyncGenerator<Row[]> {
	for (const prefix of prefixes)
		for await (const page of catalog.pages(prefix)) yield await rowsOf(catalog, page);
}

/** One array, whole only when etcd answered to the end. */
class JsonArray {
	#open = false;

	page(rows: readonly Row[]): string {
		if (rows.length === 0) return '';
		const text = `${this.#open ? ',' : '['}${rows.map((row) => JSON.stringify(row)).join(',')}`;
		this.#open = true;
		return text;
	}

	end(): string {
		return this.#open ? ']\n' : '[]\n';
	}
}

/** The columns fit the first page and widen where a later one needs it. */
class Table {
	#columns: readonly number[] | null = null;

	constructor(private readonly terminal: Pick<Context['stdout'], 'isTTY' | 'columns'>) {}

	page(rows: readonly Row[]): string {
		const { isTTY, columns: room } = this.terminal;
		const lines = [...(this.#columns === null ? [COLUMNS] : []), ...rows.map(cells)];
		const wide = widths(lines, this.#columns ?? []);
		this.#columns = wide;
		const columns = fitted(wide, VALUE, isTTY ? room : undefined);
		const text = lines.map((row) =>
			line(
				row.map((cell, at) => (at === VALUE ? cut(cell, columns[VALUE]) : cell)),
				columns,
			),
		);
		return text.length === 0 ? '' : `${text.join('\n')}\n`;
	}

	end(): string {
		return this.#columns === null ? this.page([]) : '';
	}
}
