/** Whether Mermaid could draw a diagram, as far as can be seen without Mermaid itself. */

const BLOCKS = /^(?:loop|alt|opt|par|critical|rect)\b/;
const ARROW = /^(\w+)\s*(?:-?->>|--?[>x)]|-->>)\s*[+-]?(\w+)\s*:\s*\S/;

/** What is wrong with the diagram: one sentence each. */
export function mermaidProblems(code: string): string[] {
	const [head = '', ...body] = code
		.split('\n')
		.map((line) => line.trim())
		.filter((line) => line !== '' && !line.startsWith('%%'));
	if (/^flowchart (?:TB|TD|BT|LR|RL)$/.test(head)) return body.flatMap(flowProblems);
	if (head === 'sequenceDiagram') return sequenceProblems(body);
	return [`a diagram begins with ${head}`];
}

function flowProblems(line: string): string[] {
	const plain = line.replace(/"[^"]*"/g, 'text');
	if (plain.includes('"')) return [`an open quote: ${line}`];
	for (const [open, close] of ['[]', '{}', '()', '||'].map((pair) => [...pair])) {
		const [opened, closed] = [open, close].map((sign) => plain.split(sign ?? '').length);
		if (open === close ? (opened ?? 0) % 2 === 0 : opened !== closed) return [`an open ${open}: ${line}`];
	}
	return /^\w+(?:[[{(]text[\]})]| (?:-->|---|-\.->)(?:\|\w+\|)? ?\w+)/.test(plain)
		? []
		: [`not read: ${line}`];
}

function sequenceProblems(body: readonly string[]): string[] {
	const problems: string[] = [];
	const known = new Set<string>();
	let open = 0;
	for (const line of body) {
		const [, name] = /^(?:participant|actor) (\w+)(?: as .+)?$/.exec(line) ?? [];
		const [, from = '', to = ''] = ARROW.exec(line) ?? [];
		// To Mermaid a semicolon ends a line.
		if (line.includes(';')) problems.push(`a semicolon: ${line}`);
		if (name !== undefined) known.add(name);
		else if (BLOCKS.test(line)) open += 1;
		else if (line === 'end') open -= 1;
		else if (/^(?:and|else)\b/.test(line) && open > 0) continue;
		else if (/^Note (?:over|left of|right of) /.test(line)) {
			const [, who = ''] = /^Note \w+(?: of)? ([\w,]+):/.exec(line) ?? [];
			if (!who.split(',').every((each) => known.has(each))) problems.push(`a note over nobody: ${line}`);
		} else if (!known.has(from) || !known.has(to)) problems.push(`not read: ${line}`);
	}
	if (open !== 0) problems.push(`${open} blocks are not ended`);
	return problems;
}
