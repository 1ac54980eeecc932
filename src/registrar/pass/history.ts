import type { Observation } from './read.js';

/** Which cluster was observed last, and how far it had come. */
export class History {
	#last: { readonly clusterId: string; readonly revision: bigint; readonly commits: bigint } | null = null;

	/**
	 * `false` = the store went back in time, or became another. `commits`: how many changes of this process
	 * etcd has confirmed. Those since the last observation must be in this one: a snapshot from before would
	 * bring back keys that nobody wants any more.
	 */
	goesOn({ revision: text, clusterId }: Observation, commits: bigint): boolean {
		if (text === null || clusterId === null) return true;
		const revision = BigInt(text);
		const last = this.#last;
		this.#last = { clusterId, revision, commits };
		return (
			last === null || (last.clusterId === clusterId && last.revision + commits - last.commits <= revision)
		);
	}
}
