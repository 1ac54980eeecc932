/** The labels of `SERVICES`, which become the middle of variable names: `grpc` → `SERVICE_GRPC_NAME`. */
import { listOf, type Parsed, quoted } from '../values/kinds.js';

const PREFIX = 'SERVICE_';

/**
 * What follows `SERVICE_` in the plain names. A label that is one of these, or begins one, would make names
 * that can be read in two ways. Written out, since the table of variables needs the labels' kind; a test
 * holds it against the table.
 */
export const SUFFIXES: readonly string[] = [
	...['NAME', 'ADDR', 'HOST', 'NAMESPACE', 'PROTOCOL', 'FORMAT', 'ID', 'VERSION', 'WEIGHT', 'META'],
	...['CHECK', 'CHECK_INTERVAL', 'CHECK_TIMEOUT', 'CHECK_RISE', 'CHECK_FALL', 'CHECK_MIN_HEALTHY'],
	...['TTL', 'ON_CONFLICT'],
];

export interface Label {
	/** As it was written. */
	readonly text: string;
	/** As it stands in names: `SERVICE_<upper>_NAME`. */
	readonly upper: string;
}

/** The label's own variable: `SERVICE_NAME` → `SERVICE_GRPC_NAME`. */
export function labelled(name: string, label: Label): string {
	return `${PREFIX}${label.upper}_${name.slice(PREFIX.length)}`;
}

export const labels = {
	...listOf(',', judge),
	write: (all: readonly Label[]) => all.map(({ text }) => text).join(','),
};

function judge(parts: readonly string[]): Parsed<readonly Label[]> {
	const example = 'grpc,http';
	const all: Label[] = [];
	for (const part of parts) {
		const upper = part.toUpperCase().replaceAll('-', '_');
		if (!/^[A-Z][A-Z0-9_]*$/.test(upper))
			return { expected: `labels of letters, digits, "-" and "_", and ${quoted(part)} is none`, example };
		const mend = `call ${quoted(part)} otherwise`;
		if (isTaken(upper))
			return {
				expected: `labels that do not read as another variable, and SERVICE_${upper} does`,
				mend,
			};
		const other = all.find((label) => ambiguous(label.upper, upper) || ambiguous(upper, label.upper));
		if (other !== undefined)
			return {
				expected: `labels with names of their own, and ${quoted(other.text)} and ${quoted(part)} share some`,
				mend,
			};
		all.push({ text: part, upper });
	}
	return all.length > 0 ? { value: all } : { expected: 'labels with "," between', example };
}

function isTaken(upper: string): boolean {
	return (
		upper.startsWith('META_') || SUFFIXES.some((suffix) => suffix === upper || suffix.startsWith(`${upper}_`))
	);
}

/** `A` and `A_CHECK`: SERVICE_A_CHECK_INTERVAL could be a variable of either. */
function ambiguous(short: string, long: string): boolean {
	return short === long || (long.startsWith(`${short}_`) && isTaken(long.slice(short.length + 1)));
}
