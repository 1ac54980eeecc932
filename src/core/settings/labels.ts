/** The labels of `SERVICES`, which become the middle of variable names: `grpc` → `SERVICE_GRPC_NAME`. */
import { type Parsed, parts, quoted } from './parsed.js';

/**
 * What follows `SERVICE_` in the plain names. A label that is one of these, or begins one, would make names
 * that can be read in two ways. Written out, since the table of variables needs the labels' parser; a test
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

export function parseLabels(text: string): Parsed<readonly Label[]> {
	const example = 'grpc,http';
	const labels: Label[] = [];
	for (const part of parts(text, ',')) {
		const upper = part.toUpperCase().replaceAll('-', '_');
		if (!/^[A-Z][A-Z0-9_]*$/.test(upper))
			return { expected: `labels of letters, digits, "-" and "_", and ${quoted(part)} is none`, example };
		if (isTaken(upper))
			return {
				expected: `labels that do not read as another variable, and SERVICE_${upper} does`,
				mend: `call ${quoted(part)} otherwise`,
			};
		const rival = labels.find((label) => ambiguous(label.upper, upper) || ambiguous(upper, label.upper));
		if (rival !== undefined) {
			return {
				expected: `labels with names of their own, and ${quoted(rival.text)} and ${quoted(part)} share some`,
				mend: `call ${quoted(part)} otherwise`,
			};
		}
		labels.push({ text: part, upper });
	}
	return labels.length > 0 ? { value: labels } : { expected: 'labels with "," between', example };
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
