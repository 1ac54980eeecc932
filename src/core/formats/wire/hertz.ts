import { type Format, type FormatProblem, onlyBelow } from '../format.js';
import { cloudWeGo } from './kitex.js';

const NAMESPACE = 'hertz/registry-etcd';
const shared = cloudWeGo('hertz', NAMESPACE);

/** The value of `kitex` below a namespace of its own, which its client cannot change. */
export const hertz: Format = {
	...shared,
	problems: (service, namespace) => [
		...shared.problems(service, namespace),
		...hostProblems(service.name),
		...onlyBelow(NAMESPACE, 'hertz', namespace),
	],
};

/** The client takes the name for the host of a URL: it lower-cases it, and what stands before `@` is a user. */
function hostProblems(name: string): readonly FormatProblem[] {
	if (name === name.toLowerCase() && !name.includes('@')) return [];
	return [
		{
			field: 'name',
			expected: 'a name in lower case without "@", since clients of hertz would ask for another one',
			mend: `write it like ${JSON.stringify(name.toLowerCase().replaceAll('@', '-'))}`,
		},
	];
}
