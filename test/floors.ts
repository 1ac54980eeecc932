/**
 * What may stand where in `src/`, as a function over the sources: holds for the tree and for whatever a test
 * plants.
 */

/** Lower floors first. A file imports from its own floor or a lower one. */
const FLOORS: readonly (readonly [floor: RegExp, name: string])[] = [
	[/^src\/core\//, 'core'],
	[/^src\/registrar\//, 'registrar'],
	[/^src\/discovery\//, 'discovery'],
	[/^src\/page\//, 'page'],
	[/^src\/adapters\//, 'adapters'],
	[/^src\/(?:register|index)\.ts$|^src\/[a-z-]+\.ts$/, 'library'],
	[/^src\/commands\//, 'commands'],
	[/^src\/(?:cli|auto)\.ts$/, 'entry'],
];

/** Each vendor and the one place that knows it. */
const VENDORS: Readonly<Record<string, RegExp>> = {
	etcd3: /^src\/adapters\/etcd\//,
	'@grpc/grpc-js': /^src\/adapters\/etcd\//,
	'node-cron': /^src\/adapters\/cron\.ts$/,
	winston: /^src\/adapters\/log\/winston\.ts$/,
	dotenv: /^src\/adapters\/dotenv\.ts$/,
};

/** Who may read the process: its environment, arguments, signals and streams. */
/** `kill-group.ts`: Node signals a process group by `process.kill` alone. */
const PROCESS_READERS = /^src\/(?:cli|auto)\.ts$|^src\/commands\/|^src\/adapters\/host\/kill-group\.ts$/;
/**
 * What the adapters may know of the floor below: what it asks of them and what it tells, never how it works.
 */
const PORTS = /^src\/(?:registrar\/(?:ports|events|documents)|discovery\/ports)\.ts$/;
/** All that the page, which runs in a browser, knows of the program: the shapes of the documents. */
const DOCUMENTS = /^src\/registrar\/documents\.ts$/;
/** The two halves of the program: neither knows of the other. */
const HALVES: readonly (string | undefined)[] = ['registrar', 'discovery'];
const MOST_LINES = 200;
/** Files in one folder; beyond it gets rooms. */
const MOST_FILES = 13;
/** One file per row of a table, so it is as long as the table. */
const LISTS = /^src\/core\/formats\/wire$/;
/** Names that two files export, and why. */
const EXPORTED_TWICE: Readonly<Record<string, string>> = {
	KeyState: 'of a key in the status document (documents.ts), and as a pass remembers it (pass/memory.ts)',
};

/** Every breach of the rules, one sentence each. `sources` is path (`src/…`) → text. */
export function breaches(sources: ReadonlyMap<string, string>): string[] {
	return [...crowded(sources), ...exportedTwice(sources), ...ofEach(sources)];
}

function crowded(sources: ReadonlyMap<string, string>): string[] {
	const folders = grouped([...sources.keys()].map((path) => [path.replace(/\/[^/]+$/, ''), path]));
	return [...folders].flatMap(([folder, files]) =>
		files.length > MOST_FILES && !LISTS.test(folder) ? [`${folder} holds ${files.length} files`] : [],
	);
}

/**
 * A name means one thing in the whole tree; what a file passes on (`export … from`) does not count. The page
 * is a program of its own, which runs in the browser and takes nothing but types from the rest.
 */
function exportedTwice(sources: ReadonlyMap<string, string>): string[] {
	const places = grouped(
		[...sources]
			.filter(([path]) => !path.startsWith('src/page/'))
			.flatMap(([path, text]) => exportsOf(text).map((name) => [name, path] as const)),
	);
	return [...places].flatMap(([name, paths]) =>
		paths.length > 1 && !Object.hasOwn(EXPORTED_TWICE, name)
			? [`${name} is exported by ${paths.join(' and ')}`]
			: [],
	);
}

function grouped(pairs: readonly (readonly [group: string, item: string])[]): Map<string, string[]> {
	const groups = new Map<string, string[]>();
	for (const [group, item] of pairs) groups.set(group, [...(groups.get(group) ?? []), item]);
	return groups;
}

/** Each once: the overloads of a function are one. */
function exportsOf(text: string): string[] {
	const declared =
		/^export (?:declare )?(?:abstract )?(?:async )?(?:function\*?|class|interface|type|const|let|enum) (\w+)/gm;
	return [...new Set([...text.matchAll(declared)].map(([, name = '']) => name))];
}

function ofEach(sources: ReadonlyMap<string, string>): string[] {
	return [...sources].flatMap(([path, text]) => {
		const lines = text.trimEnd().split('\n').length;
		return [
			...imports(text).flatMap((target) => judgeImport(path, target)),
			...(readsProcess(text) && !PROCESS_READERS.test(path) ? [`${path} reads process`] : []),
			...(lines > MOST_LINES ? [`${path} has ${lines} lines`] : []),
		];
	});
}

function judgeImport(path: string, target: string): string[] {
	const says = (why: string) => [`${path} imports ${target}: ${why}`];
	if (target.startsWith('.')) {
		const file = new URL(target, `file:///${path}`).pathname.slice(1).replace(/\.js$/, '.ts');
		if (floor(file) > floor(path)) return says('imports go only down');
		if (HALVES.includes(floorName(path)) && HALVES.includes(floorName(file)) && floor(path) !== floor(file))
			return says('the registrar and discovery do not know each other');
		if (floorName(file) === 'page' && floorName(path) !== 'page') return says('the page runs in a browser');
		if (floorName(path) === 'page' && floorName(file) !== 'page' && !DOCUMENTS.test(file))
			return says('the page knows the documents only');
		if (floorName(path) === 'adapters' && HALVES.includes(floorName(file)) && !PORTS.test(file))
			return says('an adapter knows the ports only');
		return [];
	}
	if (floorName(path) === 'core' && !PURE.has(target)) return says('core is pure');
	if (target === 'node:process')
		return PROCESS_READERS.test(path) ? [] : says('below the commands nothing reads process');
	if (target.startsWith('node:')) return [];
	const vendor = Object.keys(VENDORS).find((name) => target === name || target.startsWith(`${name}/`));
	if (vendor === undefined) return says('no dependency of ours');
	return VENDORS[vendor]?.test(path) ? [] : says('one vendor, one place');
}

/** The only parts of Node without I/O, clock or state that core may use. */
const PURE = new Set(['node:net']);

/** The highest floor whose pattern fits: the entries are library files by name. */
function floor(path: string): number {
	const found = FLOORS.findLastIndex(([pattern]) => pattern.test(path));
	if (found < 0) throw new Error(`${path} stands on no floor`);
	return found;
}
const floorName = (path: string): string | undefined => FLOORS[floor(path)]?.[1];

/** What a module imports, also by type, by `export … from`, by `import()` and by `require`. */
function imports(text: string): string[] {
	const code = text.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');
	return [...code.matchAll(/(?:\bfrom\s*|\bimport\s*\(?\s*|\brequire\s*\(\s*)['"]([^'"\n]+)['"]/g)].map(
		(match) => match[1] ?? '',
	);
}

/** Whether the global `process` is used, in code rather than in a comment or a text. */
function readsProcess(text: string): boolean {
	const code = text
		.replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '')
		.replace(/'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"/g, "''")
		.replace(/`(?:\\.|[^`\\])*`/g, (template) =>
			[...template.matchAll(/\$\{([^}]*)\}/g)].map((match) => match[1]).join(';'),
		);
	return /\bglobalThis\s*\.\s*process\b|(?<![\w$.])process\s*(?:[.[;,)]|\?\.)/.test(code);
}
