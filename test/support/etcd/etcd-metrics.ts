/** The counters of an etcd at one moment, as its `/metrics` page shows them. */
export class Metrics {
	readonly #series = new Map<string, number>();

	constructor(page: string) {
		for (const line of page.split('\n')) {
			const match = /^([a-zA-Z_:][\w:]*(?:\{.*\})?) (\S+)$/.exec(line);
			if (match?.[1] && match[2]) this.#series.set(match[1], Number(match[2]));
		}
	}

	/** The sum of every series of this name that carries all these labels; 0 = there is none. */
	sum(name: string, labels: Readonly<Record<string, string>> = {}): number {
		const wanted = Object.entries(labels).map(([label, value]) => `${label}=${JSON.stringify(value)}`);
		let total = 0;
		for (const [series, value] of this.#series) {
			const brace = series.indexOf('{');
			if ((brace < 0 ? series : series.slice(0, brace)) !== name) continue;
			const own = brace < 0 ? [] : series.slice(brace + 1, -1).split(/,(?=\w+=")/);
			if (wanted.every((label) => own.includes(label))) total += value;
		}
		return total;
	}

	/**
	 * How many calls of this gRPC method (`Range`, `Put`, `Txn`, `LeaseGrant`, …) etcd has answered, whatever
	 * the answer.
	 */
	handled(method: string): number {
		return this.sum('grpc_server_handled_total', { grpc_method: method });
	}

	/** How many messages clients sent on streams of this method (`LeaseKeepAlive`, `Watch`) or calls of it. */
	received(method: string): number {
		return this.sum('grpc_server_msg_received_total', { grpc_method: method });
	}
}
