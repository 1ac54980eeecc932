import type { RecentChanges, Status } from '../../registrar/documents.js';
import { METRICS_CONTENT_TYPE, metricsText } from './metrics.js';

export interface Answer {
	readonly code: number;
	/** Beside `Content-Type` what only some answers have: `Allow`, the page's `Content-Security-Policy`. */
	readonly headers: Readonly<Record<string, string>>;
	readonly body: string;
}

/** The page for people: `csp` allows its own script and style and nothing else. */
export interface Page {
	readonly html: string;
	readonly csp: string;
}

/** What answers are made of. */
export interface Sources {
	readonly status: () => Status;
	/** Left out = there is no `/changes`. */
	readonly changes?: () => RecentChanges;
	/** Left out = there is no `/`. `null` = it is not part of this installation. */
	readonly page?: () => Page | null;
}

type Answering = (sources: Sources, nowMs: number) => Answer;

const METHODS = ['GET', 'HEAD'];

const of = (answer: (status: Status, nowMs: number) => Answer): Answering => {
	return ({ status }, nowMs) => answer(status(), nowMs);
};

function pathsOf({ changes, page }: Sources): ReadonlyMap<string, Answering> {
	return new Map<string, Answering>([
		...(page === undefined ? [] : ([['/', () => pageAnswer(page())]] as const)),
		['/livez', of((status) => probe(status.live, status, liveReason(status)))],
		['/readyz', of((status) => probe(status.ready, status, status.reason))],
		['/status', of((status) => json(200, status))],
		...(changes === undefined ? [] : ([['/changes', () => json(200, changes())]] as const)),
		['/metrics', of((status, nowMs) => text(metricsText(status, nowMs), METRICS_CONTENT_TYPE))],
	]);
}

/**
 * What is answered to a request, as a value: an unknown path 404, another method than GET and HEAD 405, a
 * status that cannot be had 500.
 */
export function answer(method: string, target: string, sources: Sources, nowMs: number): Answer {
	const paths = pathsOf(sources);
	const known = paths.get(pathOf(target));
	if (known === undefined) return json(404, { error: `there is ${[...paths.keys()].join(', ')}` });
	if (!METHODS.includes(method))
		return json(405, { error: `only ${METHODS.join(' and ')}` }, { Allow: METHODS.join(', ') });
	return known(sources, nowMs);
}

/**
 * The target of a request is a path or, to a proxy, a whole URL (RFC 9112 §3.2); what follows a `?` is
 * ignored.
 */
function pathOf(target: string): string {
	return target.replace(/^https?:\/\/[^/?]*/i, '').replace(/\?.*$/s, '');
}

function probe(well: boolean, { state }: Status, reason: string): Answer {
	return json(well ? 200 : 503, { ok: well, state, reason });
}

function liveReason({ live, state, intervalMs, lastPass }: Status): string {
	if (state === 'stopping' || state === 'stopped') return `${state}, as requested`;
	if (!live) return `no pass began within three intervals (${(3 * intervalMs) / 1000} s)`;
	return lastPass === null
		? 'the loop turns; its first pass is still running'
		: `the loop turns; last pass ${(lastPass.agoMs / 1000).toFixed(1)} s ago`;
}

/** JSON knows no infinity; the last bucket's bound is written as Prometheus writes it. */
function json(code: number, value: unknown, headers: Answer['headers'] = {}): Answer {
	return {
		code,
		headers: { 'Content-Type': 'application/json; charset=utf-8', ...headers },
		body: `${JSON.stringify(value, (_key, part) => (part === Infinity ? '+Inf' : part))}\n`,
	};
}

const text = (body: string, contentType: string, headers: Answer['headers'] = {}): Answer => ({
	code: 200,
	headers: { 'Content-Type': contentType, ...headers },
	body,
});

function pageAnswer(page: Page | null): Answer {
	if (page === null) return json(404, { error: 'the page is not part of this installation: ask /status' });
	return text(page.html, 'text/html; charset=utf-8', {
		'Content-Security-Policy': page.csp,
		'Referrer-Policy': 'no-referrer',
		'X-Content-Type-Options': 'nosniff',
	});
}
