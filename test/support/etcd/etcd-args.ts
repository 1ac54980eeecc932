export interface EtcdOptions {
	/** Another server than the system's. */
	readonly binary?: string | undefined;
	/** Client port. @defaultValue a free one */
	readonly port?: number;
	/** @defaultValue a folder of its own, removed when the tests end */
	readonly dataDir?: string;
	/** Further arguments of etcd; they win over the usual ones. */
	readonly args?: readonly string[];
	readonly quotaBytes?: number;
	/** Switches password auth on, with this password of `root`. `ctl` then speaks as root. */
	readonly rootPassword?: string;
	/**
	 * Serves TLS and asks clients for a certificate of this CA where `clientCertAuth` says so. `ctl` then uses
	 * `client`.
	 */
	readonly tls?: EtcdTls;
	/** Runs etcd by this command in front of it (`ip netns exec x`, `faketime …`). */
	readonly wrap?: readonly string[];
	/** Address to listen on. @defaultValue `127.0.0.1` */
	readonly host?: string;
	/** For a member of a cluster. */
	readonly member?: Member;
}

export interface Member {
	readonly name: string;
	/** `host:port` for the other members. */
	readonly peer: string;
	/** Everybody's `name=url`, `,` between. */
	readonly initialCluster: string;
}

export interface PemFiles {
	readonly cert: string;
	readonly key: string;
}
export interface EtcdTls {
	readonly ca: string;
	readonly server: PemFiles;
	readonly client?: PemFiles;
	readonly clientCertAuth?: boolean;
}

/**
 * Who the member is: the same words start it and restore a snapshot for it. Peers of a lone member are never
 * dialled: port 1 stands for nobody.
 */
export function identityArgs(token: string, { member }: EtcdOptions): string[] {
	const { name, peer, cluster } = member
		? { name: member.name, peer: `http://${member.peer}`, cluster: member.initialCluster }
		: { name: 'test', peer: 'http://127.0.0.1:1', cluster: 'test=http://127.0.0.1:1' };
	return [
		'--name',
		name,
		'--initial-advertise-peer-urls',
		peer,
		'--initial-cluster',
		cluster,
		'--initial-cluster-token',
		token,
	];
}

/** The whole command line of the server. */
export function serverArgs(
	at: { readonly endpoint: string; readonly dataDir: string },
	token: string,
	options: EtcdOptions,
): string[] {
	const { tls, quotaBytes, member, args = [] } = options;
	const serving = tls
		? ['--cert-file', tls.server.cert, '--key-file', tls.server.key, '--trusted-ca-file', tls.ca]
		: [];
	if (tls?.clientCertAuth) serving.push('--client-cert-auth');
	if (quotaBytes !== undefined) serving.push('--quota-backend-bytes', String(quotaBytes));
	return [
		...identityArgs(token, options),
		...[
			'--data-dir',
			at.dataDir,
			'--listen-client-urls',
			at.endpoint,
			'--advertise-client-urls',
			at.endpoint,
		],
		...['--listen-peer-urls', `http://${member?.peer ?? '127.0.0.1:0'}`, '--logger', 'zap'],
		...serving,
		...args,
	];
}

/** What etcdctl needs to speak to a server with TLS. */
export function tlsFlags(tls: EtcdTls | undefined): string[] {
	if (!tls) return [];
	return ['--cacert', tls.ca, ...(tls.client ? ['--cert', tls.client.cert, '--key', tls.client.key] : [])];
}
