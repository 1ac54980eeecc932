import { defineConfig } from 'vitest/config';
import everyday from '../../vitest.config.js';
import type { Edit } from './faults.js';

const edits: readonly Edit[] = JSON.parse(process.env.PLANTED || '[]');

/** The everyday suite over sources with a planted fault, given in `PLANTED`. */
export default defineConfig({
	...everyday,
	plugins: [
		{
			name: 'planting',
			enforce: 'pre',
			transform: (code, id) =>
				edits
					.filter(({ file }) => id.endsWith(`/src/${file}`))
					.reduce((text, { find, replace }) => text.replace(find, () => replace), code),
		},
	],
});
