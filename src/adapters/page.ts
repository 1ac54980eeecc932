/** The page for people as the build left it: read when it is first asked for, and kept. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Page } from './http/answers.js';

let kept: Page | null | undefined;

/**
 * `null` where it is not beside this file: in an application that bundles the library. The bundle of the
 * command lies as deep below `dist/` as this file.
 */
export function readPage(): Page | null {
	kept ??= pageIn(new URL('../page.html', import.meta.url));
	return kept;
}

/** @throws what reading throws, but for a file that is not there */
export function pageIn(file: URL): Page | null {
	try {
		const html = readFileSync(file, 'utf8');
		return { html, csp: policyOf(html) };
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
		throw error;
	}
}

/** Only the script and the style that stand in the document, and questions to where it came from. */
function policyOf(html: string): string {
	return [
		"default-src 'none'",
		`script-src ${hashes(html, 'script')}`,
		`style-src ${hashes(html, 'style')}`,
		'img-src data:',
		"connect-src 'self'",
		"base-uri 'none'",
		"form-action 'none'",
		"frame-ancestors 'none'",
	].join('; ');
}

function hashes(html: string, tag: string): string {
	const found = html.matchAll(new RegExp(`<${tag}>(.*?)</${tag}>`, 'gs'));
	const sources = [...found].map(
		([, text = '']) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`,
	);
	return sources.join(' ') || "'none'";
}
