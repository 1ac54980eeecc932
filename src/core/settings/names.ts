/**
 * What whoever reads a message calls the settings: a command's user variables, a library's user options. The
 * caller supplies it.
 */
export interface SettingNames {
	readonly endpoints: string;
	readonly username: string;
	readonly password: string;
	readonly caFile: string;
	readonly certFile: string;
	readonly keyFile: string;
	readonly addr: string;
	/** What gives a wildcard its host; `null` = there is no such setting. */
	readonly host: string | null;
}

export const VARIABLE_NAMES: SettingNames = {
	...{ endpoints: 'ETCD_ENDPOINTS', username: 'ETCD_USERNAME', password: 'ETCD_PASSWORD' },
	...{ caFile: 'ETCD_CACERT', certFile: 'ETCD_CERT', keyFile: 'ETCD_KEY' },
	...{ addr: 'SERVICE_ADDR', host: 'SERVICE_HOST' },
};

export const OPTION_NAMES: SettingNames = {
	...{ endpoints: 'endpoints', username: 'auth.username', password: 'auth.password' },
	...{ caFile: 'tls.caFile', certFile: 'tls.certFile', keyFile: 'tls.keyFile' },
	...{ addr: 'addr', host: null },
};
