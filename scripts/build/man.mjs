/** The manual page, from what `--help` says and the table of variables: dist/etcd-registrar.1. */
import { readFileSync, writeFileSync } from 'node:fs';
import { help } from '../../dist/commands/help.js';
import { VARIABLES } from '../../dist/core/settings/environment/service-variables.js';
import { defaultText } from '../../dist/core/settings/environment/variables.js';

const { version, description } = JSON.parse(readFileSync('package.json', 'utf8'));
const roff = (text) =>
	text
		.replaceAll('\\', '\\e')
		.replaceAll('-', '\\-')
		.replace(/^(?=[.'])/gm, '\\&')
		.replace(
			/[^\n -~]/g,
			(letter) => `\\[u${letter.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}]`,
		);

const parts = [];
help({ stdout: { write: (part) => parts.push(part) } });

const entry = (one) => {
	const preset = one.defaultMeaning ?? defaultText(one);
	const names = one.fromFile ? `${one.name}, ${one.name}_FILE` : one.name;
	return `.TP\n.B ${roff(names)}\n${roff(one.meaning)}${preset ? ` Default: ${roff(preset)}.` : ''}\n`;
};
writeFileSync(
	'dist/etcd-registrar.1',
	`.TH ETCD\\-REGISTRAR 1 "" "etcd-registrar ${version}" "User Commands"
.SH NAME
etcd\\-registrar \\- keeps a service registered in etcd
.SH DESCRIPTION
${roff(description)}
.SH USAGE
.nf
${roff(parts.join('').trim())}
.fi
.SH ENVIRONMENT
${VARIABLES.map(entry).join('')}.SH FILES
.TP
.B .env
Variables that the environment does not set, in the working folder.
`,
);
