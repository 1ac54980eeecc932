import { expect, test } from 'vitest';
import { checkModel, PAIRS } from './model-check.js';

const DEPTH = Number(process.env.MODEL_DEPTH || 9);

test.each(PAIRS)(
	'%s beside %s: one living process keeps the key, and nobody takes it without right',
	(a, b) => {
		const { states, problem } = checkModel([a, b], DEPTH);
		expect(problem).toBeNull();
		expect(states).toBeGreaterThan(1_000);
		process.stderr.write(`${a} beside ${b}: ${states} states\n`);
	},
);
