/**
 * Puts the page for people into one file, dist/page.html: its style and its script stand in it, so that it
 * loads nothing from anywhere.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { build, transform } from 'esbuild';

const FROM = 'src/page';
const MOST_BYTES = 40 * 1024;

const { outputFiles } = await build({
	entryPoints: [`${FROM}/main.ts`],
	bundle: true,
	write: false,
	minify: true,
	format: 'iife',
	target: 'es2022',
	charset: 'utf8',
	logLevel: 'warning',
});
const style = await transform(readFileSync(`${FROM}/page.css`, 'utf8'), {
	loader: 'css',
	minify: true,
	charset: 'utf8',
});
const html = readFileSync(`${FROM}/page.html`, 'utf8')
	.replace(/^\s+/gm, '')
	// Not as texts: in those a `$` would mean something.
	.replace('/* page.css */', () => style.code.trim())
	.replace('/* main.ts */', () => outputFiles[0].text.trim().replaceAll('</script', '<\\/script'));
const bytes = Buffer.byteLength(html);
if (bytes > MOST_BYTES) throw new Error(`the page has ${bytes} bytes, more than ${MOST_BYTES}`);
writeFileSync('dist/page.html', html);
