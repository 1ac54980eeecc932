/**
 * Splits `program argument "an argument with spaces"` into words. Single and double quotes keep spaces
 * together and mean the same; there is no escape, variable, glob or pipe: whoever needs those writes
 * `sh -c '…'`, and sees that a shell is at work.
 *
 * @throws Error when a quote is not closed or nothing is left.
 */
export function splitCommand(command: string): readonly [program: string, ...args: string[]] {
	const words: string[] = [];
	let word: string | null = null;
	let quote: string | null = null;
	for (const character of command) {
		if (quote !== null) {
			if (character === quote) quote = null;
			else word += character;
		} else if (character === '"' || character === "'") {
			quote = character;
			word ??= '';
		} else if (/\s/.test(character)) {
			if (word !== null) words.push(word);
			word = null;
		} else {
			word = (word ?? '') + character;
		}
	}
	if (quote !== null) throw new Error(`the quote ${quote} is not closed`);
	if (word !== null) words.push(word);
	const [program, ...args] = words;
	if (!program) throw new Error('there is no command');
	return [program, ...args];
}
