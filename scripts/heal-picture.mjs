// The demo's time lines as a picture for the README:
//
//   node test/demo/main.mjs | node scripts/heal-picture.mjs > docs/heal.svg
//
// It has no background of its own and follows the reader's colour scheme.
import { readFileSync } from 'node:fs';
import { argv, stdin, stdout } from 'node:process';
import { text } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';

const WIDTH = 760;
const LEFT = 118;
const CELL = 7;
const BAR = 11;
const LANE = 18;
const CHAPTER = 66;
const TOP = 62;

/** Signs of the demo → what they mean. */
const MARKS = { '#': 'right', '.': 'absent', x: 'wrong', '?': 'unseen' };
const LEGEND = [
	['right', 'there and right'],
	['absent', 'missing'],
	['wrong', 'wrong value, or on no lease'],
	['unseen', 'etcd itself does not answer'],
];

const STYLE = `
	text { font: 13px system-ui, sans-serif; fill: #1f2328 }
	.small { font-size: 12px; fill: #59636e }
	.bad { fill: #b42318; font-weight: 600 }
	.right { fill: #2a9d5c } .wrong { fill: url(#wrong) } .unseen { fill: #8c959f; opacity: .45 }
	.absent { fill: none; stroke: #d1242f; stroke-width: 1.5; stroke-dasharray: 3 2 }
	.fault { stroke: #d1242f; stroke-width: 1.5 } .ended { stroke: #59636e; stroke-dasharray: 2 2 }
	@media (prefers-color-scheme: dark) {
		text { fill: #e6edf3 } .small { fill: #9198a1 } .bad { fill: #ff8177 }
		.right { fill: #3fb96f } .absent, .fault { stroke: #ff8177 } .ended { stroke: #9198a1 }
	}`;

/** The demo's output → its chapters and its closing lines. */
export function parse(output) {
	const lines = output.split('\n');
	const chapters = [];
	const closing = [];
	for (const [index, line] of lines.entries()) {
		const title = /^\d+\/\d+ {2}(.+)$/.exec(line)?.[1];
		if (title !== undefined) chapters.push({ title, lanes: [], moments: lines[index + 1] ?? '' });
		const lane = /^ {2}(\S+(?: \S+)*?) {2,}([#.x?]+) {2}(.+)$/.exec(line);
		if (lane === null) {
			if (/ came back, /.test(line)) closing.push(line.trim().replace(/ {2,}/, ': '));
			continue;
		}
		const [, name, cells, said] = lane;
		chapters.at(-1)?.lanes.push({ name, cells, said, from: line.indexOf(cells, 2 + name.length) });
	}
	return { chapters, closing };
}

export function picture(output) {
	const { chapters, closing } = parse(output);
	if (chapters.length === 0) throw new Error('no time lines: expected the output of test/demo/main.mjs');
	const height = TOP + chapters.length * CHAPTER + closing.length * LANE + 8;
	const body = [
		...legend(),
		...chapters.flatMap((chapter, index) => chapterAt(chapter, index, TOP + index * CHAPTER)),
		...closing.map((line, index) => label(0, TOP + chapters.length * CHAPTER + (index + 1) * LANE - 4, line)),
	];
	return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-labelledby="title">
<title id="title">Time lines of one key through ${chapters.length} faults: etcd-registrar above, a plain poll below</title>
<style>${STYLE}
</style>
<defs><pattern id="wrong" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="6" height="6" fill="#e3b341"/><rect width="2" height="6" fill="#7d4e00"/></pattern></defs>
${body.join('\n')}
</svg>
`;
}

function legend() {
	let x = 0;
	const signs = LEGEND.flatMap(([mark, meaning]) => {
		const at = x;
		x += 36 + meaning.length * 6.6;
		return [bar(at, 6, 18, mark), label(at + 24, 16, meaning, 'small')];
	});
	return [
		...signs,
		rule(6, 26, 40, 'fault'),
		label(24, 38, 'the fault comes', 'small'),
		rule(130, 26, 40, 'ended'),
		label(148, 38, 'its cause is gone', 'small'),
		label(270, 38, 'TTL 2 s, one key; every program has an etcd of its own', 'small'),
	];
}

function chapterAt({ title, lanes, moments }, index, top) {
	const from = lanes[0]?.from ?? 0;
	const moment = (sign, kind) => {
		const cell = moments.indexOf(sign) - from;
		return cell < 0 ? [] : [rule(LEFT + cell * CELL, top + 18, top + 20 + lanes.length * LANE, kind)];
	};
	return [
		label(0, top + 12, `${index + 1}. ${title}`),
		...lanes.flatMap(({ name, cells, said }, lane) => {
			const y = top + 20 + lane * LANE;
			const end = LEFT + cells.length * CELL;
			const isBad = said.startsWith('NOT BACK');
			return [
				label(0, y + 10, name, 'small'),
				...runs(cells).map(({ sign, at, length }) =>
					bar(LEFT + at * CELL, y, length * CELL, MARKS[sign] ?? 'unseen'),
				),
				label(end + 8, y + 10, isBad ? 'not back' : said, isBad ? 'small bad' : 'small'),
			];
		}),
		...moment('!', 'fault'),
		...moment('^', 'ended'),
	];
}

/** Neighbouring cells with one sign. */
function runs(cells) {
	return [...cells.matchAll(/(.)\1*/g)].map(({ 0: run, 1: sign, index }) => ({
		...{ sign, at: index, length: run.length },
	}));
}

function bar(x, y, width, mark) {
	return mark === 'absent'
		? `<rect class="absent" x="${x + 1}" y="${y + 1}" width="${Math.max(1, width - 2)}" height="${BAR - 2}"/>`
		: `<rect class="${mark}" x="${x}" y="${y}" width="${width}" height="${BAR}"/>`;
}

function rule(x, from, to, kind) {
	return `<line class="${kind}" x1="${x}" x2="${x}" y1="${from}" y2="${to}"/>`;
}

function label(x, y, words, kind) {
	const escaped = words.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
	return `<text${kind ? ` class="${kind}"` : ''} x="${x}" y="${y}">${escaped}</text>`;
}

if (argv[1] !== undefined && import.meta.url === pathToFileURL(argv[1]).href)
	stdout.write(picture(argv[2] === undefined ? await text(stdin) : readFileSync(argv[2], 'utf8')));
