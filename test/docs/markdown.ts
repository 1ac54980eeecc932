/** The README and the pages of docs/, read as text: their tables, links and code blocks. */
import { readdirSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { expect } from 'vitest';

export interface Page {
	/** From the top of the repository. */
	readonly path: string;
	readonly text: string;
}

export const PAGES: readonly Page[] = [
	'README.md',
	...readdirSync('docs', { recursive: true, encoding: 'utf8' })
		.filter((path) => path.endsWith('.md'))
		.map((path) => posix.join('docs', path.replaceAll('\\', '/'))),
].map((path) => ({ path, text: readFileSync(path, 'utf8') }));

export function page(path: string): Page {
	const found = PAGES.find((each) => each.path === path);
	expect(found, path).toBeDefined();
	return found as Page;
}

/** The rows of every table whose head begins with this cell, each as its cells. There has to be one. */
export function rowsOf(pages: readonly Page[], head: string): string[][] {
	const rows = pages.flatMap(({ text }) => tables(text, head)).flat();
	expect(rows.length, `a table that begins with ${head}`).toBeGreaterThan(0);
	return rows;
}

function tables(text: string, head: string): string[][][] {
	const lines = text.split('\n');
	return lines.flatMap((line, index) => {
		if (!line.startsWith(`| ${head} |`)) return [];
		const rows = lines.slice(index + 2);
		const end = rows.findIndex((row) => !row.startsWith('|'));
		return [rows.slice(0, end < 0 ? rows.length : end).map(cells)];
	});
}

const cells = (row: string): string[] =>
	row
		.split(/(?<!\\)\|/)
		.map((cell) => cell.trim())
		.slice(1, -1);

/** Without the marks of code. */
export const bare = (cell = ''): string => cell.replaceAll('`', '');

/** What stands in code marks in the cell. */
export const codes = (cell = ''): string[] => [...cell.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code);

export interface Block {
	/** `docs/library.md:12`: the page and the line at which it begins. */
	readonly place: string;
	readonly language: string;
	readonly code: string;
}

export function blocksOf({ path, text }: Page): Block[] {
	const blocks: Block[] = [];
	let open: { line: number; language: string; lines: string[] } | null = null;
	for (const [index, line] of text.split('\n').entries()) {
		const fence = /^\s*```(\S*)/.exec(line);
		if (fence === null) open?.lines.push(line);
		else if (open === null) open = { line: index + 2, language: fence[1] ?? '', lines: [] };
		else {
			const { language, lines } = open;
			blocks.push({ place: `${path}:${open.line}`, language, code: `${lines.join('\n')}\n` });
			open = null;
		}
	}
	expect(open, `a code block of ${path} that is not closed`).toBeNull();
	return blocks;
}

/** Without code blocks: what looks like a heading or a link in them is none. */
export function prose({ text }: Page): string {
	return text.replace(/^\s*```[\s\S]*?^\s*```/gm, '');
}

/** The anchors of a page's headings, as GitHub makes them. */
export function anchorsOf(of: Page): ReadonlySet<string> {
	const seen = new Map<string, number>();
	const headings = [...prose(of).matchAll(/^#{1,6} +(.+?) *$/gm)].map(([, heading = '']) => heading);
	return new Set(
		headings.map((heading) => {
			const slug = heading
				.toLowerCase()
				.replace(/[^\p{L}\p{N}\s_-]/gu, '')
				.replace(/\s/g, '-');
			const times = seen.get(slug) ?? 0;
			seen.set(slug, times + 1);
			return times === 0 ? slug : `${slug}-${times}`;
		}),
	);
}
