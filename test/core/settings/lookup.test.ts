import { expect, test } from 'vitest';
import { parseLookup, prefixesOf } from '../../../src/core/settings/environment/lookup.js';

type Env = Readonly<Record<string, string>>;
const lookup = (env: Env) => parseLookup(env, { readFile: () => '' });

const ROWS: readonly (readonly [
	sentence: string,
	env: Env,
	name: string | null,
	prefixes: readonly string[],
])[] = [
	['nothing set: the whole default namespace', {}, null, ['/ns/']],
	['a name: that service', {}, 'user', ['/ns/user/']],
	['a namespace of one’s own', { SERVICE_NAMESPACE: 'prod' }, null, ['/prod/']],
	['an own service does not narrow it', { SERVICE_NAME: 'order' }, null, ['/ns/']],
	[
		'several formats, several places',
		{ SERVICE_FORMAT: 'address,kratos' },
		null,
		['/ns/', '/microservices/'],
	],
	[
		'two formats in one place are one prefix',
		{ SERVICE_FORMAT: 'json', SERVICES: 'a,b', SERVICE_A_FORMAT: 'address' },
		null,
		['/ns/'],
	],
	[
		'a place below another adds no prefix',
		{ SERVICES: 'a,b', SERVICE_B_NAMESPACE: 'ns/deep' },
		null,
		['/ns/'],
	],
	['kratos does not show user2 for user', { SERVICE_FORMAT: 'kratos' }, 'user', ['/microservices/user/']],
	['a DNS name is turned round', { SERVICE_FORMAT: 'coredns' }, 'user.local', ['/skydns/local/user/']],
	[
		'a format without a namespace shows our own service',
		{ SERVICE_FORMAT: 'grpc', SERVICE_NAME: 'user' },
		null,
		['user/'],
	],
	['and everything where that is not known', { SERVICE_FORMAT: 'go-zero' }, null, ['']],
	[
		'labels have places of their own',
		{ SERVICES: 'a,b', SERVICE_A_FORMAT: 'kitex', SERVICE_B_NAMESPACE: 'x' },
		'u',
		['kitex/registry-etcd/u/', '/x/u/'],
	],
];
test.each(ROWS)('%s', (_sentence, env, name, prefixes) => {
	expect(prefixesOf(lookup(env).views, name)).toEqual(prefixes);
});

test('etcd is read as for registering, and everything wrong is told at once', () => {
	expect(lookup({ ETCDCTL_ENDPOINTS: '10.0.0.1:2379', ETCDCTL_USER: 'root:pw' }).etcd).toMatchObject({
		endpoints: ['http://10.0.0.1:2379'],
		auth: { username: 'root', password: 'pw' },
	});
	expect(() => lookup({ ETCD_ENDPOINTS: 'ftp://x', SERVICE_FORMAT: 'morse' })).toThrow(
		/ETCD_ENDPOINTS[\s\S]*SERVICE_FORMAT/,
	);
});
