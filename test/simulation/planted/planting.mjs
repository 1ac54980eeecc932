import { readFileSync } from 'node:fs';

/** An esbuild plugin: sources with these edits in them. */
export const planting = (edits) => ({
	name: 'planting',
	setup(build) {
		for (const file of new Set(edits.map((one) => one.file)))
			build.onLoad({ filter: new RegExp(`/src/${file.replaceAll('.', '\\.')}$`) }, ({ path }) => ({
				contents: planted(file, readFileSync(path, 'utf8'), edits),
				loader: 'ts',
			}));
	},
});

export function planted(file, text, edits) {
	return edits
		.filter((one) => one.file === file)
		.reduce((now, { find, replace }) => now.replace(find, () => replace), text);
}
