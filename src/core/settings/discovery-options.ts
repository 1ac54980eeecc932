/**
 * The options of `discover` → its configuration: the rules of the variables under the options' own names, and
 * all mistakes in one error.
 */
import { FORMAT_NAMES, FORMATS, type Format, type FormatProblem, type WantedName } from '../formats/index.js';
import type { ParsedDiscovery } from './config.js';
import { SERVICE } from './environment/service-variables.js';
import { etcdOptions, isLogger } from './from-options.js';
import { fields, option } from './option.js';
import { DEFAULTS, type DiscoverOptions } from './options.js';
import { type Given, Problems, take } from './problems.js';
import { etcdConfig } from './rules.js';
import { takeRequired } from './service-rules.js';
import type { ReadFile } from './tls-files.js';
import { seconds } from './values/durations.js';
import { oneOf } from './values/kinds.js';

const OPTIONS: readonly (keyof DiscoverOptions)[] = [
	...(['endpoints', 'name', 'format', 'namespace', 'auth', 'tls', 'pollSeconds'] as const),
	...(['emptyGraceSeconds', 'dialTimeoutMs', 'callTimeoutMs', 'logger'] as const),
];
/** Discovery has no lease; the rule that a call is shorter than the TTL then bounds it to a day. */
const LONGEST_SECONDS = 86_400;
const NO_LEASE: Given<number> = {
	...{ name: 'a day', parsed: undefined, default: LONGEST_SECONDS },
	assign: (example) => example,
};

const POLL = { default: DEFAULTS.pollSeconds, ...seconds(0.1, LONGEST_SECONDS, '10') };
const GRACE = { default: DEFAULTS.emptyGraceSeconds, ...seconds(0, LONGEST_SECONDS, '10') };
const FORMAT = { ...oneOf(FORMAT_NAMES, DEFAULTS.format), default: DEFAULTS.format };

/** @throws ConfigError */
export function parseDiscovery(
	options: DiscoverOptions,
	{ readFile }: { readonly readFile?: ReadFile } = {},
): ParsedDiscovery {
	const problems = new Problems();
	const root = fields('', options, OPTIONS, problems);
	const { etcd } = etcdConfig(etcdOptions(root, NO_LEASE, problems), problems, readFile);
	const name = option('name', root.name, SERVICE.name);
	const namespace = option('namespace', root.namespace, SERVICE.namespace);
	const wanted = {
		name: takeRequired(name, 'user', problems) ?? '',
		namespace: take(namespace, problems),
		format: take(option('format', root.format, FORMAT), problems) ?? DEFAULTS.format,
	};
	if (wanted.name !== '') refuse(wanted, { name, namespace }, problems);
	const parsed: ParsedDiscovery = {
		etcd,
		wanted,
		pollMs: 1_000 * (take(option('pollSeconds', root.pollSeconds, POLL), problems) ?? 0),
		emptyGraceMs: 1_000 * (take(option('emptyGraceSeconds', root.emptyGraceSeconds, GRACE), problems) ?? 0),
		logger: isLogger(root.logger, problems) ? root.logger : null,
	};
	problems.throwIfAny();
	return parsed;
}

/** What the format cannot have as a name or a namespace. */
function refuse(
	wanted: WantedName,
	given: { readonly name: Given<string>; readonly namespace: Given<string> },
	problems: Problems,
): void {
	for (const { field, expected, mend } of problemsOf(wanted))
		problems.add(field === 'name' ? given.name : given.namespace, {
			expected: `${expected} (format ${wanted.format})`,
			mend,
		});
}

function problemsOf({ name, namespace, format }: WantedName): readonly FormatProblem[] {
	const service = { name, addr: '127.0.0.1:1', id: 'id', protocol: 'grpc', metadata: {} } as const;
	return (FORMATS[format] as Format).problems(service, namespace);
}

/** What the format expects of such a name, in words; `null` = it fits. */
export function namesProblem(wanted: WantedName): string | null {
	const [problem] = problemsOf(wanted);
	return problem === undefined ? null : `${problem.expected} (format ${wanted.format})`;
}
