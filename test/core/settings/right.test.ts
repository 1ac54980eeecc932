import { describe, expect, it } from 'vitest';
import type { Config, ServiceConfig } from '../../../src/core/settings/config.js';
import type { Env } from '../../../src/core/settings/environment/environment.js';
import { GOOD, parse, SECRET } from './fixture.js';

/** What differs from the defaults. */
type Right = [sentence: string, env: Env, config: Partial<Config>];
const right: Right[] = [
	[
		'nothing but name and address',
		{},
		{
			endpoints: ['http://127.0.0.1:2379'],
			auth: null,
			tls: null,
			dialTimeoutMs: 15_000,
			callTimeoutMs: 2000,
			ttlSeconds: 5,
		},
	],
	[
		'the other defaults',
		{},
		{
			onConflict: 'take-over',
			http: null,
			control: null,
			startupTimeoutMs: null,
			stopTimeoutMs: 5000,
			drainDelayMs: 0,
			logLevel: 'info',
			logFormat: null,
		},
	],
	[
		'empty is unset',
		{ SERVICE_TTL: '', LOG_LEVEL: '', ETCD_PASSWORD: '', SERVICES: '' },
		{ ttlSeconds: 5, logLevel: 'info', auth: null },
	],
	[
		'endpoints by ;',
		{ ETCD_ENDPOINTS: 'http://a:1;http://b:2' },
		{ endpoints: ['http://a:1', 'http://b:2'] },
	],
	[
		'endpoints by , with spaces and an end',
		{ ETCD_ENDPOINTS: ' http://a:1 , b:2, ' },
		{ endpoints: ['http://a:1', 'http://b:2'] },
	],
	['an endpoint without a port', { ETCD_ENDPOINTS: 'etcd' }, { endpoints: ['http://etcd:2379'] }],
	['an endpoint with a slash at its end', { ETCD_ENDPOINTS: 'http://a:1/' }, { endpoints: ['http://a:1'] }],
	['an endpoint twice', { ETCD_ENDPOINTS: 'a:1,http://a:1' }, { endpoints: ['http://a:1'] }],
	[
		'IPv6 endpoints',
		{ ETCD_ENDPOINTS: '[::1],http://[2001:db8::1]:1' },
		{ endpoints: ['http://[::1]:2379', 'http://[2001:db8::1]:1'] },
	],
	['HTTPS in capitals', { ETCD_ENDPOINTS: 'HTTPS://a:1' }, { endpoints: ['https://a:1'], tls: {} }],
	['https without files', { ETCD_ENDPOINTS: 'https://a:1' }, { endpoints: ['https://a:1'], tls: {} }],
	[
		'no scheme with a CA file',
		{ ETCD_ENDPOINTS: 'a:1', ETCD_CACERT: '/ca.pem' },
		{ endpoints: ['https://a:1'], tls: { caFile: '/ca.pem' } },
	],
	[
		'no endpoint with a CA file',
		{ ETCD_CACERT: '/ca.pem' },
		{ endpoints: ['https://127.0.0.1:2379'], tls: { caFile: '/ca.pem' } },
	],
	[
		'all three TLS files',
		{ ETCD_ENDPOINTS: 'https://a:1', ETCD_CACERT: '/ca.pem', ETCD_CERT: '/cert.pem', ETCD_KEY: '/key.pem' },
		{ tls: { caFile: '/ca.pem', certFile: '/cert.pem', keyFile: '/key.pem' } },
	],
	['etcdctl’s endpoints', { ETCDCTL_ENDPOINTS: 'a:1' }, { endpoints: ['http://a:1'] }],
	[
		'the registrar’s own before etcdctl’s',
		{ ETCD_ENDPOINTS: 'b:1', ETCDCTL_ENDPOINTS: 'a:1' },
		{ endpoints: ['http://b:1'] },
	],
	[
		'etcdctl’s TLS files',
		{ ETCDCTL_CACERT: '/ca.pem', ETCDCTL_CERT: '/cert.pem', ETCDCTL_KEY: '/key.pem' },
		{ endpoints: ['https://127.0.0.1:2379'] },
	],
	[
		'etcdctl’s durations as Go writes them',
		{ ETCDCTL_DIAL_TIMEOUT: '1m0s', ETCDCTL_COMMAND_TIMEOUT: '1.5s' },
		{ dialTimeoutMs: 60_000, callTimeoutMs: 1_500 },
	],
	[
		'etcdctl’s time-outs that do not fit are capped or left aside',
		{ ETCDCTL_DIAL_TIMEOUT: '-1s', ETCDCTL_COMMAND_TIMEOUT: '1h0m10s' },
		{ dialTimeoutMs: 15_000, callTimeoutMs: 5_000 },
	],
	['a dial time-out of days', { ETCDCTL_DIAL_TIMEOUT: '100h' }, { dialTimeoutMs: 86_400_000 }],
	[
		'etcdctl’s time-outs',
		{ ETCDCTL_DIAL_TIMEOUT: '3s', ETCDCTL_COMMAND_TIMEOUT: '1s' },
		{ dialTimeoutMs: 3000, callTimeoutMs: 1000 },
	],
	[
		'user and password',
		{ ETCD_USERNAME: 'root', ETCD_PASSWORD: SECRET },
		{ auth: { username: 'root', password: SECRET } },
	],
	[
		'the password from a file, without its newline',
		{ ETCD_USERNAME: 'root', ETCD_PASSWORD_FILE: '/secret' },
		{ auth: { username: 'root', password: SECRET, passwordFile: '/secret' } },
	],
	[
		'ETCDCTL_USER with a password',
		{ ETCDCTL_USER: 'root:a:b' },
		{ auth: { username: 'root', password: 'a:b' } },
	],
	[
		'ETCDCTL_USER beside ETCDCTL_PASSWORD',
		{ ETCDCTL_USER: 'root', ETCDCTL_PASSWORD: 'x' },
		{ auth: { username: 'root', password: 'x' } },
	],
	[
		'our user before ETCDCTL_USER',
		{ ETCD_USERNAME: 'me', ETCD_PASSWORD: 'x', ETCDCTL_USER: 'root:y' },
		{ auth: { username: 'me', password: 'x' } },
	],
	['TTL with a unit', { SERVICE_TTL: '30s' }, { ttlSeconds: 30, callTimeoutMs: 2000 }],
	['the shortest TTL bounds the calls', { SERVICE_TTL: '1' }, { ttlSeconds: 1, callTimeoutMs: 1000 }],
	['the longest TTL', { SERVICE_TTL: '86400' }, { ttlSeconds: 86_400 }],
	['a call time-out as long as the TTL', { ETCD_CALL_TIMEOUT: '5' }, { callTimeoutMs: 5000 }],
	['milliseconds', { ETCD_CALL_TIMEOUT: '250ms' }, { callTimeoutMs: 250 }],
	['minutes', { REGISTRAR_STARTUP_TIMEOUT: '2m' }, { startupTimeoutMs: 120_000 }],
	['a part of a second', { REGISTRAR_STOP_TIMEOUT: '1.5' }, { stopTimeoutMs: 1500 }],
	['a bare number is seconds', { REGISTRAR_DRAIN_DELAY: '3' }, { drainDelayMs: 3000 }],
	['no drain delay', { REGISTRAR_DRAIN_DELAY: '0' }, { drainDelayMs: 0 }],
	[
		'off',
		{ REGISTRAR_STARTUP_TIMEOUT: 'off', REGISTRAR_HTTP: 'off' },
		{ startupTimeoutMs: null, http: null },
	],
	['an HTTP port alone', { REGISTRAR_HTTP: '9090' }, { http: { host: '127.0.0.1', port: 9090 } }],
	['HTTP everywhere', { REGISTRAR_HTTP: '0.0.0.0:9090' }, { http: { host: '0.0.0.0', port: 9090 } }],
	['HTTP on IPv6', { REGISTRAR_HTTP: '[::]:9090' }, { http: { host: '::', port: 9090 } }],
	['a control socket', { REGISTRAR_CONTROL: '/run/c.sock' }, { control: '/run/c.sock' }],
	['a relative one, as long as can be', { REGISTRAR_CONTROL: 'a'.repeat(103) }, { control: 'a'.repeat(103) }],
	['no control socket', { REGISTRAR_CONTROL: 'off' }, { control: null }],
	['wait', { SERVICE_ON_CONFLICT: 'wait' }, { onConflict: 'wait' }],
	['fail', { SERVICE_ON_CONFLICT: 'fail' }, { onConflict: 'fail' }],
	['logging', { LOG_LEVEL: 'debug', LOG_FORMAT: 'pretty' }, { logLevel: 'debug', logFormat: 'pretty' }],
];

const timing = { intervalMs: 2000, timeoutMs: 1000, rise: 1, fall: 3 };
const rightServices: [sentence: string, env: Env, services: Partial<ServiceConfig>[]][] = [
	[
		'the defaults',
		{},
		[
			{
				label: null,
				name: 'user',
				addr: '10.0.0.5:8080',
				protocol: 'grpc',
				formats: ['address'],
				metadata: {},
				check: null,
				checkTiming: timing,
			},
		],
	],
	[
		'wildcards keep their host',
		{ SERVICE_ADDR: ':80', SERVICE_HOST: '[2001:db8::1]', POD_IP: '10.0.0.9' },
		[{ addr: ':80', host: '2001:db8::1' }],
	],
	[
		'POD_IP comes after SERVICE_HOST',
		{ SERVICE_ADDR: '0.0.0.0:80', POD_IP: '10.0.0.9' },
		[{ addr: '0.0.0.0:80', host: '10.0.0.9' }],
	],
	['a host that nobody needs may be anything', { POD_IP: 'none of it' }, [{ addr: '10.0.0.5:8080' }]],
	['a name with slashes', { SERVICE_NAME: 'a/b' }, [{ name: 'a/b' }]],
	['a name in any script', { SERVICE_NAME: 'bücher 服务' }, [{ name: 'bücher 服务' }]],
	['a namespace with outer slashes', { SERVICE_NAMESPACE: '/team/prod/' }, [{ namespace: 'team/prod' }]],
	[
		'several formats',
		{ SERVICE_FORMAT: 'address, grpc,kratos' },
		[{ formats: ['address', 'grpc', 'kratos'] }],
	],
	[
		'id, version, weight',
		{ SERVICE_ID: 'i', SERVICE_VERSION: 'v', SERVICE_WEIGHT: '0' },
		[{ id: 'i', version: 'v', weight: 0 }],
	],
	[
		'a weight that follows the load',
		{ SERVICE_WEIGHT: 'auto', SERVICE_FORMAT: 'kitex' },
		[{ weight: 'auto' }],
	],
	[
		'metadata',
		{ SERVICE_META_ZONE: 'a', SERVICE_META_APP__TIER: 'b=c', SERVICE_META_EMPTY: '' },
		[{ metadata: { zone: 'a', 'app.tier': 'b=c' } }],
	],
	[
		'a tcp check',
		{ SERVICE_CHECK: 'tcp://[::1]:80' },
		[{ check: { kind: 'tcp', host: '::1', port: 80, ...timing } }],
	],
	[
		'an http check',
		{ SERVICE_CHECK: 'https://a/x?y' },
		[{ check: { kind: 'http', url: 'https://a/x?y', ...timing } }],
	],
	[
		'a grpc check',
		{ SERVICE_CHECK: 'grpc://a:80' },
		[{ check: { kind: 'grpc', host: 'a', port: 80, service: '', ...timing } }],
	],
	[
		'a grpc check of a service',
		{ SERVICE_CHECK: 'grpc://a:80/x.Y' },
		[{ check: { kind: 'grpc', host: 'a', port: 80, service: 'x.Y', ...timing } }],
	],
	[
		'an exec check with its timing',
		{
			SERVICE_CHECK: 'exec:sh -c "x y"',
			SERVICE_CHECK_INTERVAL: '500ms',
			SERVICE_CHECK_TIMEOUT: '2',
			SERVICE_CHECK_RISE: '2',
			SERVICE_CHECK_FALL: '1',
		},
		[{ check: { kind: 'exec', command: 'sh -c "x y"', intervalMs: 500, timeoutMs: 2000, rise: 2, fall: 1 } }],
	],
	[
		'a share of the instances that stays in',
		{ SERVICE_CHECK: 'tcp://a:1', SERVICE_CHECK_MIN_HEALTHY: '50%' },
		[{ check: { kind: 'tcp', host: 'a', port: 1, minHealthy: { value: 50, unit: 'percent' }, ...timing } }],
	],
	[
		'a number of instances that stays in, for one label',
		{
			...{ SERVICES: 'a,b', SERVICE_CHECK: 'tcp://a:1', SERVICE_B_ADDR: '10.0.0.5:8081' },
			...{ SERVICE_CHECK_MIN_HEALTHY: 'off', SERVICE_B_CHECK_MIN_HEALTHY: '2' },
		},
		[{ checkTiming: timing }, { checkTiming: { ...timing, minHealthy: { value: 2, unit: 'instances' } } }],
	],
	['0 is off', { SERVICE_CHECK_MIN_HEALTHY: '0%' }, [{ checkTiming: timing }]],
	[
		'labels, with the plain values for what they lack',
		{
			SERVICES: 'grpc, my-http',
			SERVICE_GRPC_ADDR: 'a:1',
			SERVICE_MY_HTTP_NAME: 'web',
			SERVICE_MY_HTTP_FORMAT: 'kratos',
			SERVICE_VERSION: 'v',
			SERVICE_META_A: '1',
			SERVICE_MY_HTTP_META_A: '2',
		},
		[
			{ label: 'grpc', name: 'user', addr: 'a:1', formats: ['address'], version: 'v', metadata: { a: '1' } },
			{
				label: 'my-http',
				name: 'web',
				addr: '10.0.0.5:8080',
				formats: ['kratos'],
				version: 'v',
				metadata: { a: '2' },
			},
		],
	],
	[
		'two instances of one service',
		{ SERVICES: 'a,b', SERVICE_B_ADDR: '10.0.0.5:8081' },
		[
			{ label: 'a', addr: '10.0.0.5:8080' },
			{ label: 'b', addr: '10.0.0.5:8081' },
		],
	],
];

describe('right configurations', () => {
	it.each(right)('%s', (_sentence, changes, config) =>
		expect(parse({ ...GOOD, ...changes }).config).toMatchObject(config),
	);
	it.each(rightServices)('%s', (_sentence, changes, services) => {
		const { config } = parse({ ...GOOD, ...changes });
		expect(config.services).toHaveLength(services.length);
		expect(config.services).toMatchObject(services);
	});
});
