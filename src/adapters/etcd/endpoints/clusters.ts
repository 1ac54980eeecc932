/**
 * Which etcd cluster the endpoints belong to, by the headers of their answers: the first that answered is
 * kept to.
 */
import type { IResponseHeader } from 'etcd3';
import { StoreError } from '../../../core/errors.js';
import type { Logger } from '../../../core/log/logger.js';

interface Member {
	readonly endpoint: string;
	readonly clusterId: string;
}

/** Decimal text → hexadecimal, as etcdctl shows it. */
const hex = (id: string): string => BigInt(id).toString(16);

export class Clusters {
	#known: Member | null = null;
	#other: Member | null = null;
	#reported = false;

	constructor(private readonly logger: Logger) {}

	/**
	 * Whether the answer is from the known cluster; the first answer decides which that is.
	 * @throws StoreError (`not-etcd`) where the header is not one of etcd's
	 */
	isKnown(endpoint: string, header: IResponseHeader | null): boolean {
		const clusterId = header?.cluster_id ?? '0';
		if (clusterId === '0' || header?.member_id === '0')
			throw new StoreError(
				'not-etcd',
				`${endpoint} is not an etcd: its answers name no cluster, as those of kine (k3s) do not; a registration needs the leases of a real etcd`,
			);
		this.#known ??= { endpoint, clusterId };
		if (this.#known.clusterId !== clusterId) {
			this.#other = { endpoint, clusterId };
			return false;
		}
		if (this.#other !== null && !this.#reported) this.#report(endpoint, this.#other);
		return true;
	}

	/** Nobody of the known cluster answers: from now on this one is known. */
	adopt(endpoint: string, header: IResponseHeader): void {
		this.#known = { endpoint, clusterId: header.cluster_id };
		this.#other = null;
	}

	#report(endpoint: string, other: Member): void {
		this.#reported = true;
		this.logger.error(
			'the endpoints belong to two etcd clusters: staying with the one that answered first; configure the endpoints of one cluster only',
			{
				endpoint,
				cluster: hex(this.#known?.clusterId ?? '0'),
				otherEndpoint: other.endpoint,
				otherCluster: hex(other.clusterId),
			},
		);
	}
}
