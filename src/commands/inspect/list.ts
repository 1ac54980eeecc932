/** `etcd-registrar list [name]`: what discovery sees now. */
import { type Context, EXIT } from '../context.js';
import { isStoreError, type LookCall, leaveWithReader, openLooking, storeTrouble } from './looking.js';
import { type Row, rowsOf } from './rows.js';
import { COLUMNS, cells, cut, fitted, line, widths } from './table.js';

const VALUE = COLUMNS.indexOf('VALUE');

/** Exit code 69 when etcd does not answer or denies it. */
export async function list(context: Context, call: LookCall): Promise<number> {
	const looking = openLooking(context, call);
	const { catalog, prefixes } = looking;
	leaveWithReader(context);
	try {
		const entries = (await Promise.all(prefixes.map((prefix) => catalog.list(prefix)))).flat();
		const rows = await rowsOf(catalog, entries);
		context.stdout.write(call.json ? `${JSON.stringify(rows)}\n` : table(rows, context.stdout));
		if (rows.length === 0 && !call.json)
			context.stderr.write(`nothing is registered below ${prefixes.join(', ') || 'any key'}\n`);
		return EXIT.ok;
	} catch (error) {
		if (!isStoreError(error)) throw error;
		context.stderr.write(`etcd-registrar: ${storeTrouble(error, looking)}\n`);
		return EXIT.unavailable;
	} finally {
		catalog.close();
	}
}

function table(rows: readonly Row[], { isTTY, columns: terminal }: Context['stdout']): string {
	const all = [COLUMNS, ...rows.map(cells)];
	const columns = fitted(widths(all), VALUE, isTTY ? terminal : undefined);
	const lines = all.map((row) =>
		line(
			row.map((cell, at) => (at === VALUE ? cut(cell, columns[VALUE]) : cell)),
			columns,
		),
	);
	return `${lines.join('\n')}\n`;
}
