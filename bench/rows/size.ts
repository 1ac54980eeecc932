import { readFileSync } from 'node:fs';
import { inBench } from '../paths.js';
import { compare, type Line, type Row } from '../row.js';

/** What a user downloads and gets. */
export const size: Row = {
	name: 'size',
	about: 'the published archive, and how many packages an install brings',
	async run({ setUp }) {
		const line = (
			measure: string,
			unit: string,
			values: readonly (readonly [who: string, value: number])[],
		): Line[] =>
			compare(new Map(values.map(([who, value]) => [who, [value]])), { measure, unit, baseline: null });
		const packages: [string, number][] = [['etcd-registrar', installed(setUp.folder)]];
		if (setUp.moleculer === null)
			packages.push(['moleculer 0.14 and etcd3', installed(inBench('moleculer'))]);
		return [
			...line('published archive', 'KiB', [['etcd-registrar', setUp.packed.size / 1024]]),
			...line('the same unpacked', 'KiB', [['etcd-registrar', setUp.packed.unpackedSize / 1024]]),
			...line('installed packages', 'with their own', packages),
		];
	},
};

/** npm's own note of what it installed; the folder itself is not in it. */
function installed(folder: string): number {
	const { packages } = JSON.parse(readFileSync(`${folder}/node_modules/.package-lock.json`, 'utf8')) as {
		packages: Record<string, unknown>;
	};
	return Object.keys(packages).length;
}
