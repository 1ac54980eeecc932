/** Finds in a source what it tells people: the texts of the calls of a logger. */

/** A string literal, or the fixed parts of a template. */
export type Text = readonly string[];

export interface Told {
	readonly texts: readonly Text[];
	/** The message as the source has it: where it is no literal, it is to be looked for elsewhere. */
	readonly source: string;
}

const CALL = /\b(?:logger|log)(?:\??\.(?:info|warn|error)|\[[^\]]+\])\(|#lines\.say\((?='|level)/g;

/**
 * What the calls of a logger (`.debug` aside), and of the journal's `#lines.say(level, message, …)`, are given as
 * message.
 */
export function toldIn(source: string): Told[] {
	return [...source.matchAll(CALL)].flatMap(({ 0: call, index }) => {
		const [first = '', second = ''] = argumentsAt(source, index + call.length);
		const message = call.startsWith('#lines') ? second : first;
		// The declaration of a method is no call of it.
		return /^\w+: /.test(message) ? [] : [{ texts: textsIn(message), source: message }];
	});
}

/** What the errors of the store say, those of a stop aside. */
export function storeErrorsIn(source: string): Text[] {
	return [...source.matchAll(/new StoreError\(/g)].flatMap(({ 0: call, index }) => {
		const [code, message = ''] = argumentsAt(source, index + call.length);
		return code === "'aborted'" ? [] : textsIn(message);
	});
}

/** The arguments of a call, from behind its parenthesis on. */
function argumentsAt(source: string, from: number): string[] {
	const found: string[] = [];
	let [depth, start, quote] = [0, from, ''];
	for (let at = from; at < source.length; at += 1) {
		const character = source[at] ?? '';
		if (quote !== '') {
			if (character === '\\') at += 1;
			else if (character === quote) quote = '';
		} else if (/['"`]/.test(character)) quote = character;
		else if ('([{'.includes(character)) depth += 1;
		else if (depth > 0 && ')]}'.includes(character)) depth -= 1;
		else if (depth === 0 && (character === ',' || character === ')')) {
			found.push(source.slice(start, at).trim());
			start = at + 1;
			if (character === ')') break;
		}
	}
	return found;
}

/** Every literal in a piece of source, apart from one that another value is compared with. */
export function textsIn(source: string): Text[] {
	const literals = source.matchAll(
		/(=== )?(?:'((?:[^'\\\n]|\\.)*)'|"((?:[^"\\\n]|\\.)*)"|`((?:[^`\\]|\\.)*)`)/g,
	);
	return [...literals].flatMap(([, compared, single, double, template]) =>
		compared === undefined ? [partsOf(single ?? double ?? template ?? '')] : [],
	);
}

/** A text with `${…}` in it → what stands around these, which may hold texts of their own. */
function partsOf(text: string): Text {
	return text
		.replaceAll(/\\(.)/g, '$1')
		.split(/\$\{(?:[^{}]|\{[^{}]*\})*\}/)
		.filter((part) => part.trim() !== '');
}
