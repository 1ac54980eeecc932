import { describe, expect, it } from 'vitest';
import type { Env } from '../../../src/core/settings/environment/environment.js';
import { SUFFIXES } from '../../../src/core/settings/environment/labels.js';
import { META_PREFIX, SERVICE } from '../../../src/core/settings/environment/service-variables.js';
import { defaultText, PROCESS } from '../../../src/core/settings/environment/variables.js';
import { parseConfig } from '../../../src/core/settings/from-environment.js';
import { GOOD, parse, readFile, SECRET } from './fixture.js';

describe('sources', () => {
	const sourceOf = (name: string) => (name === 'LOG_LEVEL' ? ('file' as const) : ('environment' as const));
	const find = (env: Env, name: string) =>
		parseConfig({ ...GOOD, ...env }, { readFile, sourceOf }).sources.find((source) => source.name === name);
	const rows: [string, Env, object][] = [
		['SERVICE_NAME', {}, { value: 'user', from: 'environment' }],
		['SERVICE_TTL', {}, { value: '5', from: 'default' }],
		['SERVICE_ID', {}, { value: null, from: 'unset' }],
		['LOG_LEVEL', { LOG_LEVEL: 'warn' }, { value: 'warn', from: 'file' }],
		[
			'ETCD_ENDPOINTS',
			{ ETCDCTL_ENDPOINTS: 'a:1' },
			{ value: 'a:1', from: 'environment', via: 'ETCDCTL_ENDPOINTS' },
		],
		['ETCD_PASSWORD', { ETCD_USERNAME: 'r', ETCD_PASSWORD: SECRET }, { value: '(set)', from: 'environment' }],
		[
			'ETCD_PASSWORD',
			{ ETCD_USERNAME: 'r', ETCD_PASSWORD_FILE: '/secret' },
			{ value: '(set)', from: 'environment', via: 'ETCD_PASSWORD_FILE' },
		],
		[
			'ETCD_USERNAME',
			{ ETCDCTL_USER: `r:${SECRET}` },
			{ value: 'r', from: 'environment', via: 'ETCDCTL_USER' },
		],
		['SERVICE_GRPC_NAME', { SERVICES: 'grpc' }, { value: 'user', from: 'environment', via: 'SERVICE_NAME' }],
		['REGISTRAR_STOP_TIMEOUT', { REGISTRAR_STOP_TIMEOUT: '5000' }, { value: '83m20s', from: 'environment' }],
		[
			'ETCD_CALL_TIMEOUT',
			{ ETCDCTL_COMMAND_TIMEOUT: '10s' },
			{ value: '5s', from: 'environment', via: 'ETCDCTL_COMMAND_TIMEOUT' },
		],
		['ETCD_CALL_TIMEOUT', { SERVICE_TTL: '1' }, { value: '1s', from: 'default' }],
		['ETCD_ENDPOINTS', { ETCD_CACERT: '/ca.pem' }, { value: 'https://127.0.0.1:2379', from: 'default' }],
		['SERVICE_META_ZONE', { SERVICE_META_ZONE: 'a' }, { value: 'a', from: 'environment' }],
		[
			'SERVICE_CHECK',
			{ SERVICE_CHECK: `http://u:${SECRET}@h/` },
			{ value: 'http://[redacted]@h/', from: 'environment' },
		],
	];
	it.each(rows)('%s from %j', (name, env, source) => {
		expect(find(env, name)).toEqual({ name, ...source });
	});
	it('metadata that holds for all labels is there once', () => {
		const { sources } = parse({ ...GOOD, SERVICES: 'a,b', SERVICE_B_NAME: 'b', SERVICE_META_ZONE: 'z' });
		expect(sources.filter(({ name }) => name === 'SERVICE_META_ZONE')).toHaveLength(1);
	});
	it('every variable is there, in the order of the table, and no secret', () => {
		const { sources } = parse({ ...GOOD, ETCDCTL_USER: `r:${SECRET}` });
		expect(sources.map(({ name }) => name)).toEqual(
			[...Object.values(PROCESS), ...Object.values(SERVICE)].map(({ name }) => name),
		);
		expect(JSON.stringify(sources)).not.toContain(SECRET);
	});
});

describe('what only looks like a mistake is a warning', () => {
	const rows: [string, Env, string][] = [
		['a letter doubled', { SERVICE_TTLL: '9' }, 'SERVICE_TTL?'],
		['letters swapped', { SERVICE_FROMAT: 'x' }, 'SERVICE_FORMAT?'],
		['a name cut short', { ETCD_USER: 'x' }, 'ETCD_USERNAME?'],
		['a name drawn out', { SERVICE_ADDRESS: 'x' }, 'SERVICE_ADDR?'],
		['_FILE where a file is meant anyway', { ETCD_CACERT_FILE: 'x' }, 'ETCD_CACERT?'],
		['a label’s variable', { SERVICES: 'grpc', SERVICE_GRPC_NAEM: 'x' }, 'SERVICE_GRPC_NAME?'],
		['a label that is not named', { SERVICE_HTTP_NAME: 'x' }, 'SERVICES does not name http'],
		['a label of one letter that is not named', { SERVICE_B_NAME: 'x' }, 'SERVICES does not name b'],
		['one that only we could mean', { REGISTRAR_COLOUR: 'x' }, 'no such variable'],
		['an assumed port', { ETCD_ENDPOINTS: 'http://etcd' }, 'took 2379'],
		[
			'a weight that no format carries',
			{ SERVICE_WEIGHT: '10' },
			'SERVICE_WEIGHT has no effect: format address',
		],
		['metadata that no format carries', { SERVICE_META_ZONE: 'a' }, 'SERVICE_META_… has no effect'],
		['a version that no format carries', { SERVICE_VERSION: '7' }, 'SERVICE_VERSION has no effect'],
		[
			'a weight of one label',
			{ SERVICES: 'b', SERVICE_B_WEIGHT: '10' },
			'SERVICE_WEIGHT (label b) has no effect',
		],
		['another word for the endpoints', { ETCD_HOSTS: 'x' }, 'ETCD_ENDPOINTS?'],
		['another word for metadata', { SERVICE_METADATA_ZONE: 'a' }, 'SERVICE_META_ZONE?'],
		['what others call the check', { SERVICE_CHECK_HTTP: '/' }, 'SERVICE_CHECK?'],
		['one more', { ETCD_URL: 'x' }, 'ETCD_ENDPOINTS?'],
		['an address with one d', { SERVICE_ADRESS: 'x' }, 'SERVICE_ADDR?'],
		['a slip in the first word', { REGISTAR_HTTP: '9090' }, 'REGISTRAR_HTTP?'],
		['seconds where milliseconds were meant', { REGISTRAR_STOP_TIMEOUT: '5000' }, 'did you mean 5000ms?'],
		['a duration of more than ten minutes', { REGISTRAR_DRAIN_DELAY: '11m' }, 'is that meant?'],
		['etcdctl’s time-out above the TTL', { ETCDCTL_COMMAND_TIMEOUT: '10s' }, '10s, more than the TTL: 5s is'],
		['etcdctl’s time-out that is none', { ETCDCTL_DIAL_TIMEOUT: 'soon' }, 'does not fit ETCD_DIAL_TIMEOUT'],
		[
			'loopback while etcd is on another host',
			{ SERVICE_ADDR: '127.0.0.1:80', ETCD_ENDPOINTS: 'http://10.0.0.1:2379' },
			'SERVICE_ADDR is 127.0.0.1:80, which only this host can reach',
		],
		[
			'loopback as the host of a wildcard',
			{ SERVICE_ADDR: ':80', SERVICE_HOST: 'localhost', ETCD_ENDPOINTS: 'http://10.0.0.1:2379' },
			'SERVICE_HOST is localhost, which only this host can reach',
		],
		['an endpoint twice', { ETCD_ENDPOINTS: 'a:1,a:1' }, 'twice'],
	];
	it.each(rows)('%s', (_sentence, env, text) => {
		expect(parse({ ...GOOD, ...env }).warnings).toEqual([expect.stringContaining(text)]);
	});
	it('what the chosen format carries is none', () => {
		const carried = { SERVICE_FORMAT: 'json', SERVICE_WEIGHT: '7', SERVICE_VERSION: '7' };
		expect(parse({ ...GOOD, ...carried, SERVICE_META_ZONE: 'a' }).warnings).toEqual([]);
	});
	it('what Kubernetes, Docker or an etcd beside us set is none', () => {
		const foreign = {
			...{
				KUBERNETES_SERVICE_HOST: '10.0.0.1',
				FOO_SERVICE_PORT: '80',
				SERVICE_SERVICE_HOST: '10.0.0.2',
				SERVICE_PORT: 'tcp://10.0.0.2:80',
			},
			...{
				ETCD_SERVICE_HOST: '10.0.0.3',
				ETCD_PORT: 'tcp://10.0.0.3:2379',
				ETCD_PORT_2379_TCP_ADDR: '10.0.0.3',
				SERVICE_GRPC_PORT_80_TCP_PROTO: 'tcp',
			},
			...{
				ETCD_DATA_DIR: '/x',
				ETCD_LISTEN_CLIENT_URLS: 'x',
				SERVICE_ACCOUNT: 'x',
				REGISTRAR_SERVICE_PORT_HTTP: '1',
				LOG_DIR: 'x',
			},
		};
		expect(parse({ ...GOOD, ...foreign }).warnings).toEqual([]);
	});
});

it('the labels’ refused names are the table’s', () => {
	const suffixes = [...Object.values(PROCESS), ...Object.values(SERVICE)].flatMap(
		({ name }) => /^SERVICE_(.+)$/.exec(name)?.[1] ?? [],
	);
	expect([...SUFFIXES].sort()).toEqual([...suffixes, META_PREFIX.slice('SERVICE_'.length, -1)].sort());
});

it('every default is read again as it is shown', () => {
	for (const variable of [...Object.values(PROCESS), ...Object.values(SERVICE)]) {
		const shown = defaultText(variable);
		if (shown === null) continue;
		// The scheme of the default endpoint is for people: files of TLS make it https.
		if (variable.name === PROCESS.endpoints.name) expect(variable.parse(shown)).toHaveProperty('value');
		else expect(variable.parse(shown), variable.name).toEqual({ value: variable.default });
	}
});
