/**
 * `.env.example` is held against the table of variables: every one that exists, with its own default, and it
 * works as it stands.
 */
import { readFileSync } from 'node:fs';
import { parse } from 'dotenv';
import { describe, expect, it } from 'vitest';
import { FORMAT_NAMES } from '../../../src/core/formats/index.js';
import { META_PREFIX, VARIABLES } from '../../../src/core/settings/environment/service-variables.js';
import { defaultText } from '../../../src/core/settings/environment/variables.js';
import { parseConfig } from '../../../src/core/settings/from-environment.js';

const text = readFileSync(new URL('../../../.env.example', import.meta.url), 'utf8');
const lines = text.split('\n');
const assignments = lines.flatMap((line, index) => {
	const [, comment, name, value] = /^(# )?([A-Z][A-Z0-9_]*)=(.*)$/.exec(line) ?? [];
	return name === undefined ? [] : [{ name, value: value ?? '', active: comment === undefined, index }];
});
const known = new Map(VARIABLES.map((variable) => [variable.name, variable]));

it('works as it stands', () => {
	const { config, warnings } = parseConfig(parse(text));
	expect(config.services).toMatchObject([{ name: 'demo', addr: '127.0.0.1:8080' }]);
	expect(config.endpoints).toEqual(['http://127.0.0.1:2379']);
	expect(warnings).toEqual([]);
});

it('has every variable that exists, once, and no other', () => {
	const secrets = VARIABLES.filter(({ secret }) => secret === true).map(({ name }) => `${name}_FILE`);
	expect(assignments.map(({ name }) => name).sort()).toEqual(
		[...known.keys(), ...secrets, `${META_PREFIX}ZONE`].sort(),
	);
});

it('names every format', () => {
	const [, told = ''] =
		/^# One or several of (.+), with a comma between\.\n# SERVICE_FORMAT=/m.exec(text) ?? [];
	expect(told.split(', ')).toEqual([...FORMAT_NAMES]);
});

describe.each(assignments)('$name', ({ name, value, active, index }) => {
	const variable = known.get(name);

	it('has a comment of one line of its own', () => {
		expect(lines[index - 1]).toMatch(/^# .+\.$/);
		expect(lines[index - 2]).not.toMatch(/^# (?![A-Z_]+=)/);
	});

	it('shows the default, commented out, or a value that would be right', () => {
		if (variable === undefined) return expect(name).toMatch(/_FILE$|^SERVICE_META_/);
		const shown = defaultText(variable);
		if (shown !== null) expect({ value, active }).toEqual({ value: shown, active: false });
		else if (value !== '') expect(variable.parse(value)).toHaveProperty('value');
		else expect(variable.secret).toBe(true);
	});
});
