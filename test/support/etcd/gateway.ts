import { Agent, request } from 'node:http';

/** A key as etcd shows it. Numbers of 64 bits are decimal text. */
export interface SeenKey {
	readonly value: string;
	/** `null` = on no lease. */
	readonly lease: string | null;
	readonly modRevision: string;
}

/** One event of a watch. */
export interface KeyEvent {
	readonly type: 'put' | 'delete';
	readonly lease: string | null;
	readonly revision: string;
}

/**
 * Speaks to a plain etcd over its JSON gateway, past every proxy: what a test does to etcd and sees of it
 * owes nothing to the client that is tested. Every call ends within a second.
 */
export class Gateway {
	readonly #agent = new Agent({ keepAlive: true, maxSockets: 4 });

	/** `endpoint` may change: etcd moves. */
	constructor(public endpoint: string) {}

	/** `null` = no such key. Rejects when etcd does not answer. */
	async get(key: string): Promise<SeenKey | null> {
		const { kvs } = await this.call<{ kvs?: { value?: string; lease?: string; mod_revision: string }[] }>(
			'/v3/kv/range',
			{ key: base64(key) },
		);
		const [kv] = kvs ?? [];
		return kv === undefined
			? null
			: { value: text(kv.value), lease: kv.lease ?? null, modRevision: kv.mod_revision };
	}

	async put(key: string, value: string, lease = '0'): Promise<void> {
		await this.call('/v3/kv/put', { key: base64(key), value: base64(value), lease });
	}

	async delete(key: string): Promise<void> {
		await this.call('/v3/kv/deleterange', { key: base64(key) });
	}

	/** Resolves to the lease's ID. */
	async grant(ttlSeconds: number): Promise<string> {
		return (await this.call<{ ID: string }>('/v3/lease/grant', { TTL: ttlSeconds })).ID;
	}

	async revoke(lease: string): Promise<void> {
		await this.call('/v3/lease/revoke', { ID: lease });
	}

	async leases(): Promise<string[]> {
		const { leases } = await this.call<{ leases?: { ID: string }[] }>('/v3/lease/leases', {});
		return (leases ?? []).map(({ ID }) => ID);
	}

	/** Calls `listener` for each change of the key from now on; resolves once etcd watches. */
	watch(key: string, listener: (event: KeyEvent) => void): Promise<{ close(): void }> {
		return new Promise((resolve, reject) => {
			const watching = request(`${this.endpoint}/v3/watch`, { method: 'POST' }, (response) => {
				let rest = '';
				response.setEncoding('utf8').on('data', (chunk: string) => {
					const lines = (rest + chunk).split('\n');
					rest = lines.pop() ?? '';
					for (const line of lines) {
						const { result } = JSON.parse(line) as { result?: WatchResult };
						if (result?.created) resolve({ close: () => watching.destroy() });
						for (const { type, kv } of result?.events ?? [])
							listener({
								type: type === 'DELETE' ? 'delete' : 'put',
								lease: kv.lease ?? null,
								revision: kv.mod_revision,
							});
					}
				});
				response.on('error', () => {});
			});
			watching.on('error', reject);
			watching.end(JSON.stringify({ create_request: { key: base64(key) } }));
		});
	}

	call<T>(path: string, body: object): Promise<T> {
		return new Promise((resolve, reject) => {
			const calling = request(
				`${this.endpoint}${path}`,
				{ method: 'POST', agent: this.#agent, signal: AbortSignal.timeout(1_000) },
				(response) => {
					let answer = '';
					response.setEncoding('utf8').on('data', (chunk) => {
						answer += chunk;
					});
					response.on('error', reject).once('end', () => {
						if (response.statusCode !== 200)
							return reject(new Error(`${path}: ${response.statusCode} ${answer}`));
						resolve(JSON.parse(answer) as T);
					});
				},
			);
			calling.on('error', reject).end(JSON.stringify(body));
		});
	}

	close(): void {
		this.#agent.destroy();
	}
}

interface WatchResult {
	readonly created?: boolean;
	readonly events?: readonly {
		readonly type?: string;
		readonly kv: { readonly lease?: string; readonly mod_revision: string };
	}[];
}

const base64 = (plain: string): string => Buffer.from(plain).toString('base64');
const text = (encoded: string | undefined): string => Buffer.from(encoded ?? '', 'base64').toString();
