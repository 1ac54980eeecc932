import type { Status } from '../../registrar/events.js';
import { METRICS_CONTENT_TYPE, metricsText } from './metrics.js';

export interface Answer {
	readonly code: number;
	readonly contentType: string;
	readonly body: string;
	/** Present with 405 only. */
	readonly allow?: string;
}

const METHODS = ['GET', 'HEAD'];

const PATHS: Readonly<Record<string, (status: Status, nowMs: number) => Answer>> = {
	'/livez': (status) => probe(status.live, status, liveReason(status)),
	'/readyz': (status) => probe(status.ready, status, status.reason),
	'/status': (status) => json(200, status),
	'/metrics': (status, nowMs) => ({
		code: 200,
		contentType: METRICS_CONTENT_TYPE,
		body: metricsText(status, nowMs),
	}),
};

/**
 * What is answered to a request, as a value: an unknown path 404, another method than GET and HEAD 405, a
 * status that cannot be had 500.
 */
export function answer(method: string, target: string, status: () => Status, nowMs: number): Answer {
	const path = pathOf(target);
	const known = Object.hasOwn(PATHS, path) ? PATHS[path] : undefined;
	if (known === undefined) return json(404, { error: `there is ${Object.keys(PATHS).join(', ')}` });
	if (!METHODS.includes(method))
		return { ...json(405, { error: `only ${METHODS.join(' and ')}` }), allow: METHODS.join(', ') };
	return known(status(), nowMs);
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
function json(code: number, value: unknown): Answer {
	return {
		code,
		contentType: 'application/json; charset=utf-8',
		body: `${JSON.stringify(value, (_key, part) => (part === Infinity ? '+Inf' : part))}\n`,
	};
}
