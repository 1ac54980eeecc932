/** Pauses and resumes services on request, and tells when etcd has confirmed it. */
import { fields } from '../../core/settings/option.js';
import { Problems } from '../../core/settings/problems.js';
import { isText } from '../../core/settings/values/kinds.js';
import type { PausedStatus } from '../documents.js';
import type { KeyMemory } from '../pass/memory.js';
import type { Clock, Logger } from '../ports.js';
import type { Readiness } from '../report/readiness.js';
import type { OwnService } from './service.js';
import type { Services } from './services.js';

export interface ResumeOptions {
	/** Of the services that are meant. @defaultValue all of them */
	readonly name?: string | undefined;
	/** Ends the wait, not the request: it rejects with the signal's reason. */
	readonly signal?: AbortSignal | undefined;
}

export interface PauseOptions extends ResumeOptions {
	/** For people, at most 200 characters: it stands in the status, in `/readyz` and in the log. */
	readonly reason?: string | undefined;
}

/** What was asked for. */
export interface PauseRequest {
	readonly act: 'pause' | 'resume';
	/** `null` = all services. */
	readonly name: string | null;
	readonly signal: AbortSignal | undefined;
	/** Monotonic milliseconds; a verification from before does not confirm it. `null` = it changed nothing. */
	readonly atMs: number | null;
}

/** Characters. */
const LONGEST_REASON = 200;

export interface PausingParts {
	readonly services: Services;
	readonly clock: Clock;
	readonly logger: Logger;
	readonly memory: () => { of(key: string): KeyMemory };
	/** Something else is wanted than before. */
	readonly changed: () => void;
}

export class Pausing {
	constructor(private readonly parts: PausingParts) {}

	/** @throws ConfigError, and nothing has changed */
	pause(options: PauseOptions): PauseRequest {
		const { services, clock } = this.parts;
		const { reason, ...request } = this.#read('pause', options);
		const isNews = services.pauses.pause(request.name, reason, clock.now());
		if (isNews) this.#tell('pause', request.name, this.#reasonOf(request.name));
		return { act: 'pause', ...request, atMs: isNews ? clock.now() : null };
	}

	/** @throws ConfigError, and nothing has changed */
	resume(options: ResumeOptions): PauseRequest {
		const { services, clock } = this.parts;
		const { reason, ...request } = this.#read('resume', options);
		const isNews = services.pauses.resume(request.name);
		if (isNews) this.#tell('resume', request.name, null);
		return { act: 'resume', ...request, atMs: isNews ? clock.now() : null };
	}

	get everything(): boolean {
		return this.parts.services.pauses.everything(this.parts.services.names);
	}

	/** One entry for each name, in the order of the services. */
	status(): PausedStatus[] {
		const { services, clock } = this.parts;
		if (services.pauses.isIdle) return [];
		return [...services.names].flatMap((service) => {
			const pause = services.pauses.of(service);
			if (pause === null) return [];
			return [{ service, reason: pause.reason, agoMs: Math.round(clock.now() - pause.sinceMs) }];
		});
	}

	/** Whether etcd has confirmed it. What was asked otherwise since then is not waited for. */
	confirmed({ act, name, atMs }: PauseRequest): Readiness {
		for (const service of this.parts.services.called(name)) {
			const isAsAsked = (service.pause !== null) === (act === 'pause');
			if (isAsAsked && !this.#isConfirmed(service, atMs ?? 0)) return 'waiting';
		}
		return 'ready';
	}

	/** A service whose check fails stays out, and there is nothing to wait for. */
	#isConfirmed(service: OwnService, sinceMs: number): boolean {
		const { services } = this.parts;
		const memory = this.parts.memory();
		if (service.pause !== null) return services.keysOf(service).every((key) => isGone(memory.of(key)));
		if (!service.isWanted) return true;
		return service.entries.every(({ key }) => {
			const { state, verified } = memory.of(key);
			return state.is === 'registered' && verified !== null && verified.atMs >= sinceMs;
		});
	}

	#read(
		act: PauseRequest['act'],
		options: PauseOptions,
	): Pick<PauseRequest, 'name' | 'signal'> & { readonly reason: string | null } {
		const problems = new Problems();
		const known = act === 'pause' ? ['name', 'reason', 'signal'] : ['name', 'signal'];
		const given = fields(act, options, known, problems);
		const text = (field: 'name' | 'reason'): string | null => {
			const value = given[field];
			if (value !== undefined && !isText(value)) problems.addLine(`${act}.${field}: expected a string`);
			return isText(value) ? value : null;
		};
		const [name, reason] = [text('name'), oneLine(text('reason') ?? '')];
		if (reason.length > LONGEST_REASON)
			problems.addLine(`${act}.reason: expected at most ${LONGEST_REASON} characters: shorten it`);
		const { names } = this.parts.services;
		if (name !== null && !names.has(name))
			problems.addLine(
				`${act}: no service is called ${JSON.stringify(name)} here, expected one of ${[...names].join(', ')}`,
			);
		problems.throwIfAny();
		return { name, reason: reason || null, signal: options.signal };
	}

	#reasonOf(name: string | null): string | null {
		const { pauses } = this.parts.services;
		return (name === null ? pauses.all : pauses.of(name))?.reason ?? null;
	}

	#tell(act: PauseRequest['act'], service: string | null, reason: string | null): void {
		const { services, logger, changed } = this.parts;
		services.applyPauses();
		const fields = { ...(service !== null && { service }), ...(reason !== null && { reason }) };
		logger.info(act === 'pause' ? 'paused: withdrawing' : 'resumed: registering again', fields);
		changed();
	}
}

/** Not in etcd by this process, as far as etcd has told it. */
function isGone({ state, verified, sent }: KeyMemory): boolean {
	switch (state.is) {
		case 'withdrawn':
			return sent === null;
		case 'standing-by':
		case 'denied':
			return verified === null;
		case 'unseen':
		case 'registered':
		case 'wrong':
			return false;
	}
}

const oneLine = (text: string): string => text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ').trim();
