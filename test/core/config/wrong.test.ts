import { describe, expect, it } from 'vitest';
import { type Env, parseConfig } from '../../../src/core/config/index.js';
import { GOOD, problemsOf, SECRET } from './fixture.js';

type Wrong = [sentence: string, env: Env, name: string, expected: string, mend: string];
const wrong: Wrong[] = [
	['no name', { SERVICE_NAME: '' }, 'SERVICE_NAME', 'required', 'SERVICE_NAME=user'],
	['no address', { SERVICE_ADDR: undefined }, 'SERVICE_ADDR', 'required', 'SERVICE_ADDR=10.0.0.5:8080'],
	['an address without a port', { SERVICE_ADDR: '10.0.0.5' }, 'SERVICE_ADDR', 'port is missing', 'SERVICE_ADDR=10.0.0.5:8080'],
	['port 0', { SERVICE_ADDR: '10.0.0.5:0' }, 'SERVICE_ADDR', '1 to 65535', 'SERVICE_ADDR='],
	['port 70000', { SERVICE_ADDR: '10.0.0.5:70000' }, 'SERVICE_ADDR', '1 to 65535', 'SERVICE_ADDR='],
	['bare IPv6', { SERVICE_ADDR: '2001:db8::5' }, 'SERVICE_ADDR', 'brackets', 'SERVICE_ADDR=[2001:db8::5]:8080'],
	['an address with a scheme', { SERVICE_ADDR: 'http://10.0.0.5:8080' }, 'SERVICE_ADDR', 'without a scheme', 'SERVICE_ADDR='],
	[
		'a host for the wildcard that is one itself',
		{ SERVICE_ADDR: ':80', SERVICE_HOST: '0.0.0.0' },
		'SERVICE_HOST',
		'others can dial',
		'SERVICE_HOST=10.0.0.5',
	],
	['a host with a port', { SERVICE_ADDR: ':80', POD_IP: '10.0.0.5:80' }, 'POD_IP', 'no port', 'POD_IP=10.0.0.5'],
	['a name with a control character', { SERVICE_NAME: 'us\u0007er' }, 'SERVICE_NAME', 'control characters', 'SERVICE_NAME=user'],
	['a name with a newline at its end', { SERVICE_NAME: 'user\n' }, 'SERVICE_NAME', 'control characters', 'SERVICE_NAME=user'],
	['a name with a .. segment', { SERVICE_NAME: 'a/../b' }, 'SERVICE_NAME', '".."', 'SERVICE_NAME=user'],
	['a name with a . segment', { SERVICE_NAME: './a' }, 'SERVICE_NAME', '"."', 'SERVICE_NAME=user'],
	['a name with an empty segment', { SERVICE_NAME: '/user' }, 'SERVICE_NAME', 'empty segment', 'SERVICE_NAME=user'],
	['a name with a space at its end', { SERVICE_NAME: 'user ' }, 'SERVICE_NAME', 'spaces', 'SERVICE_NAME=user'],
	['a namespace of slashes', { SERVICE_NAMESPACE: '//' }, 'SERVICE_NAMESPACE', 'empty segment', 'SERVICE_NAMESPACE=ns'],
	['a namespace with ..', { SERVICE_NAMESPACE: 'a/..' }, 'SERVICE_NAMESPACE', '".."', 'SERVICE_NAMESPACE=ns'],
	['an id that is ..', { SERVICE_ID: '..' }, 'SERVICE_ID', '".."', 'SERVICE_ID=user-1'],
	['a version with a control character', { SERVICE_VERSION: 'v\u001b1' }, 'SERVICE_VERSION', 'control characters', 'SERVICE_VERSION=v1.0.0'],
	['TTL 0', { SERVICE_TTL: '0' }, 'SERVICE_TTL', '1 to 86400', 'SERVICE_TTL=5'],
	['TTL 1.5', { SERVICE_TTL: '1.5' }, 'SERVICE_TTL', 'whole seconds', 'SERVICE_TTL=5'],
	['TTL -1', { SERVICE_TTL: '-1' }, 'SERVICE_TTL', '1 to 86400', 'SERVICE_TTL=5'],
	['TTL 5x', { SERVICE_TTL: '5x' }, 'SERVICE_TTL', 'whole seconds', 'SERVICE_TTL=5'],
	['TTL 86401', { SERVICE_TTL: '86401' }, 'SERVICE_TTL', '1 to 86400', 'SERVICE_TTL=5'],
	['a TTL in milliseconds', { SERVICE_TTL: '5000ms' }, 'SERVICE_TTL', 'whole seconds', 'SERVICE_TTL=5'],
	['an unknown level', { LOG_LEVEL: 'verbose' }, 'LOG_LEVEL', 'error, warn, info, debug', 'LOG_LEVEL=info'],
	['an unknown log format', { LOG_FORMAT: 'xml' }, 'LOG_FORMAT', 'pretty, json', 'LOG_FORMAT=json'],
	['an unknown format', { SERVICE_FORMAT: 'address,consul' }, 'SERVICE_FORMAT', 'coredns', 'SERVICE_FORMAT=address'],
	['a format twice', { SERVICE_FORMAT: 'grpc,grpc' }, 'SERVICE_FORMAT', 'once', 'SERVICE_FORMAT=grpc'],
	['an unknown policy', { SERVICE_ON_CONFLICT: 'fight' }, 'SERVICE_ON_CONFLICT', 'take-over, wait, fail', 'SERVICE_ON_CONFLICT=take-over'],
	['an unknown protocol', { SERVICE_PROTOCOL: 'udp' }, 'SERVICE_PROTOCOL', 'grpc, grpcs, http, https, tcp', 'SERVICE_PROTOCOL=grpc'],
	['mixed http and https', { ETCD_ENDPOINTS: 'http://a:2379,https://b:2379' }, 'ETCD_ENDPOINTS', 'not mixed', 'same scheme'],
	['https beside an endpoint without a scheme', { ETCD_ENDPOINTS: 'a;https://b' }, 'ETCD_ENDPOINTS', 'not mixed', 'same scheme'],
	['an endpoint with a path', { ETCD_ENDPOINTS: 'http://a:2379/v3' }, 'ETCD_ENDPOINTS', 'without a path', 'ETCD_ENDPOINTS=http://a:2379'],
	['an endpoint with a query', { ETCD_ENDPOINTS: 'http://a:2379?x=1' }, 'ETCD_ENDPOINTS', 'query', 'ETCD_ENDPOINTS=http://a:2379'],
	[
		'an endpoint with a user',
		{ ETCD_ENDPOINTS: `http://root:${SECRET}@a:2379` },
		'ETCD_ENDPOINTS',
		'no user name',
		'ETCD_USERNAME and ETCD_PASSWORD',
	],
	[
		'a password with separators in an endpoint',
		{ ETCD_ENDPOINTS: `root:${SECRET};${SECRET}/${SECRET}@a` },
		'ETCD_ENDPOINTS',
		'no user name',
		'ETCD_PASSWORD',
	],
	['an endpoint of another scheme', { ETCD_ENDPOINTS: 'etcd://a:2379' }, 'ETCD_ENDPOINTS', 'http:// or https://', 'ETCD_ENDPOINTS='],
	['an endpoint with port 0', { ETCD_ENDPOINTS: 'a:0' }, 'ETCD_ENDPOINTS', '1 to 65535', 'ETCD_ENDPOINTS='],
	['an endpoint that is a wildcard', { ETCD_ENDPOINTS: 'http://0.0.0.0:2379' }, 'ETCD_ENDPOINTS', 'wildcard', 'ETCD_ENDPOINTS='],
	['bare IPv6 as an endpoint', { ETCD_ENDPOINTS: 'http://::1:2379' }, 'ETCD_ENDPOINTS', 'brackets', 'ETCD_ENDPOINTS='],
	['endpoints without any', { ETCD_ENDPOINTS: ';,' }, 'ETCD_ENDPOINTS', 'at least one', 'ETCD_ENDPOINTS='],
	['a wrong fallback, under its own name', { ETCDCTL_ENDPOINTS: 'http://a/x' }, 'ETCDCTL_ENDPOINTS', 'without a path', 'ETCDCTL_ENDPOINTS='],
	['a secret in the query of an endpoint', { ETCD_ENDPOINTS: `a:2379?token=${SECRET}` }, 'ETCD_ENDPOINTS', 'query', 'ETCD_ENDPOINTS=http://a:2379'],
	['endpoints with a space between', { ETCD_ENDPOINTS: 'http://a:2379 http://b:2379' }, 'ETCD_ENDPOINTS', 'between two stands', '10.0.0.1:2379,http'],
	['a key in place of its file', { ETCD_CERT: '/cert.pem', ETCD_KEY: `-----BEGIN PRIVATE KEY-----\n${SECRET}` }, 'ETCD_KEY', 'not what', 'its path'],
	['http:// beside a CA file', { ETCD_ENDPOINTS: 'http://a:2379', ETCD_CACERT: '/ca.pem' }, 'ETCD_ENDPOINTS', 'ETCD_CACERT', 'https://'],
	['an unreadable CA file', { ETCD_CACERT: '/nope.pem' }, 'ETCD_CACERT', 'no such file', 'that is there'],
	['a CA file that is none', { ETCD_CACERT: '/notes' }, 'ETCD_CACERT', 'certificate', 'right file'],
	['certificate and key swapped', { ETCD_CERT: '/key.pem', ETCD_KEY: '/cert.pem' }, 'ETCD_CERT', 'certificate', 'right file'],
	['a key with a passphrase', { ETCD_CERT: '/cert.pem', ETCD_KEY: '/locked.pem' }, 'ETCD_KEY', 'no passphrase', 'right file'],
	['a certificate without a key', { ETCD_CERT: '/cert.pem' }, 'ETCD_KEY', 'beside ETCD_CERT', 'or neither'],
	['a key without a certificate', { ETCD_KEY: '/key.pem' }, 'ETCD_CERT', 'beside ETCD_KEY', 'or neither'],
	['a user without a password', { ETCD_USERNAME: 'root' }, 'ETCD_PASSWORD', 'beside ETCD_USERNAME', 'or neither'],
	['a password without a user', { ETCD_PASSWORD: SECRET }, 'ETCD_USERNAME', 'beside ETCD_PASSWORD', 'or neither'],
	['ETCDCTL_USER without a password', { ETCDCTL_USER: 'root' }, 'ETCD_PASSWORD', 'beside ETCDCTL_USER', 'or neither'],
	[
		'a password and a file of it',
		{ ETCD_USERNAME: 'root', ETCD_PASSWORD: SECRET, ETCD_PASSWORD_FILE: '/secret' },
		'ETCD_PASSWORD_FILE',
		'one of them',
		'unset',
	],
	['a password file that is not there', { ETCD_USERNAME: 'root', ETCD_PASSWORD_FILE: '/nope' }, 'ETCD_PASSWORD_FILE', 'no such file', '"/nope"'],
	['the password in place of its file', { ETCD_USERNAME: 'root', ETCD_PASSWORD_FILE: SECRET }, 'ETCD_PASSWORD_FILE', 'readable file', 'name a file'],
	['an empty password file', { ETCD_USERNAME: 'root', ETCD_PASSWORD_FILE: '/empty' }, 'ETCD_PASSWORD_FILE', 'empty', 'write the value'],
	['a duration that is none', { ETCD_DIAL_TIMEOUT: '15 seconds' }, 'ETCD_DIAL_TIMEOUT', '500ms, 2s or 1m', 'ETCD_DIAL_TIMEOUT=15s'],
	['a dial time-out of 0', { ETCD_DIAL_TIMEOUT: '0' }, 'ETCD_DIAL_TIMEOUT', 'more than 0', 'ETCD_DIAL_TIMEOUT=15s'],
	['hours', { REGISTRAR_STARTUP_TIMEOUT: '1h' }, 'REGISTRAR_STARTUP_TIMEOUT', '1m', 'REGISTRAR_STARTUP_TIMEOUT=30s'],
	['a duration of more than a day', { REGISTRAR_STOP_TIMEOUT: '86401' }, 'REGISTRAR_STOP_TIMEOUT', 'at most a day', 'REGISTRAR_STOP_TIMEOUT=5s'],
	['part of a millisecond', { SERVICE_CHECK_TIMEOUT: '0.5ms' }, 'SERVICE_CHECK_TIMEOUT', 'a duration', 'SERVICE_CHECK_TIMEOUT=1s'],
	['a call time-out above the TTL', { ETCD_CALL_TIMEOUT: '6s' }, 'ETCD_CALL_TIMEOUT', 'at most the TTL, 5 s', 'SERVICE_TTL'],
	['etcdctl’s time-out above the TTL', { ETCDCTL_COMMAND_TIMEOUT: '10s' }, 'ETCDCTL_COMMAND_TIMEOUT', 'at most the TTL', 'SERVICE_TTL'],
	['a negative drain delay', { REGISTRAR_DRAIN_DELAY: '-1s' }, 'REGISTRAR_DRAIN_DELAY', 'at least 0', 'REGISTRAR_DRAIN_DELAY=5s'],
	['an HTTP port of 0', { REGISTRAR_HTTP: '0' }, 'REGISTRAR_HTTP', '1 to 65535', 'REGISTRAR_HTTP=127.0.0.1:9090'],
	['an HTTP address with no host', { REGISTRAR_HTTP: ':9090' }, 'REGISTRAR_HTTP', 'a host before the port', 'REGISTRAR_HTTP=0.0.0.0:9090'],
	['a weight that is none', { SERVICE_WEIGHT: 'heavy' }, 'SERVICE_WEIGHT', 'whole number', 'SERVICE_WEIGHT=10'],
	['a negative weight', { SERVICE_WEIGHT: '-1' }, 'SERVICE_WEIGHT', 'from 0', 'SERVICE_WEIGHT=10'],
	['a kitex weight of 0', { SERVICE_FORMAT: 'kitex', SERVICE_WEIGHT: '0' }, 'SERVICE_WEIGHT', 'at least 1', 'take the service out'],
	['a kitex name with a slash', { SERVICE_FORMAT: 'kitex', SERVICE_NAME: 'a/b' }, 'SERVICE_NAME', 'without "/"', 'another format|choose a format'],
	['a kratos id with a slash', { SERVICE_FORMAT: 'kratos', SERVICE_ID: 'a/b' }, 'SERVICE_ID', 'without "/"', 'choose a format'],
	['a coredns name that is no DNS name', { SERVICE_FORMAT: 'coredns', SERVICE_NAME: 'a/b' }, 'SERVICE_NAME', 'a DNS name', 'user.prod.example.org'],
	['a coredns id that is no label', { SERVICE_FORMAT: 'coredns', SERVICE_ID: 'a.b' }, 'SERVICE_ID', 'one DNS label', 'user-1'],
	['metadata that go-micro writes', { SERVICE_FORMAT: 'go-micro', SERVICE_META_PROTOCOL: 'x' }, 'SERVICE_META_PROTOCOL', 'go-micro', 'another key'],
	['one metadata key twice', { SERVICE_META_ZONE: 'a', SERVICE_META_zone: 'b' }, 'SERVICE_META_zone', 'one of them', 'unset the other'],
	['metadata without a key', { SERVICE_META_: 'a' }, 'SERVICE_META_', 'expected one', 'SERVICE_META_ZONE=a'],
	['metadata beyond all measure', { SERVICE_FORMAT: 'json', SERVICE_META_A: 'x'.repeat(200_000) }, 'SERVICE_NAME', '131072 bytes', 'shorten'],
	['formats with one key', { SERVICE_FORMAT: 'address,json' }, 'SERVICE_FORMAT', 'format address) and the service (format json', 'another name'],
	['formats that read each other', { SERVICE_FORMAT: 'grpc,go-zero' }, 'SERVICE_FORMAT', 'below user/', 'another name'],
	['services with one key', { SERVICES: 'a,b' }, 'SERVICES', 'label a (format address) and label b (format address)', 'another name'],
	['services that read each other', { SERVICES: 'a,b', SERVICE_A_NAME: 'x', SERVICE_B_NAME: 'x/y' }, 'SERVICES', 'below /ns/x/', 'another name'],
	['wildcards of one port', { SERVICES: 'a,b', SERVICE_A_ADDR: ':80', SERVICE_B_ADDR: '[::]:80' }, 'SERVICES', '/ns/user/<host>:80', 'another name'],
	['label TTL', { SERVICES: 'ttl' }, 'SERVICES', 'SERVICE_TTL', 'otherwise'],
	['label CHECK', { SERVICES: 'check' }, 'SERVICES', 'SERVICE_CHECK', 'otherwise'],
	['label META', { SERVICES: 'grpc,meta' }, 'SERVICES', 'SERVICE_META', 'otherwise'],
	['a label that begins with META_', { SERVICES: 'meta_x' }, 'SERVICES', 'SERVICE_META_X', 'otherwise'],
	['label ON, which begins a variable', { SERVICES: 'on' }, 'SERVICES', 'SERVICE_ON', 'otherwise'],
	['a label with a space', { SERVICES: 'a b' }, 'SERVICES', 'letters, digits', 'SERVICES=grpc,http'],
	['a label twice', { SERVICES: 'grpc,GRPC' }, 'SERVICES', 'names of their own', 'otherwise'],
	['labels that share names', { SERVICES: 'a,a-check' }, 'SERVICES', 'names of their own', 'otherwise'],
	['a label’s own TTL', { SERVICES: 'a', SERVICE_A_TTL: '9' }, 'SERVICE_A_TTL', 'whole process', 'set SERVICE_TTL'],
	['a label without an address', { SERVICES: 'a', SERVICE_ADDR: '' }, 'SERVICE_A_ADDR (or SERVICE_ADDR)', 'required', 'SERVICE_A_ADDR='],
	['a label’s wrong value, under its own name', { SERVICES: 'a', SERVICE_A_PROTOCOL: 'x' }, 'SERVICE_A_PROTOCOL', 'grpc', 'SERVICE_A_PROTOCOL=grpc'],
	['a check of no kind', { SERVICE_CHECK: 'ping' }, 'SERVICE_CHECK', 'exec:command', 'SERVICE_CHECK=tcp://127.0.0.1:8080'],
	['a check without a port', { SERVICE_CHECK: 'tcp://127.0.0.1' }, 'SERVICE_CHECK', 'port is missing', 'SERVICE_CHECK=tcp://'],
	['a check of a wildcard', { SERVICE_CHECK: 'grpc://0.0.0.0:80/x' }, 'SERVICE_CHECK', 'not a wildcard', 'SERVICE_CHECK=grpc://127.0.0.1:8080'],
	['a tcp check with a path', { SERVICE_CHECK: 'tcp://a:80/x' }, 'SERVICE_CHECK', 'without a path', 'SERVICE_CHECK=tcp://a:80'],
	['a check of no URL', { SERVICE_CHECK: 'http://' }, 'SERVICE_CHECK', 'whole URL', 'SERVICE_CHECK=http://127.0.0.1:8080/health'],
	['an exec check without a command', { SERVICE_CHECK: 'exec: ' }, 'SERVICE_CHECK', 'a command', 'SERVICE_CHECK=exec:'],
	['an exec check with an open quote', { SERVICE_CHECK: 'exec:sh -c "x' }, 'SERVICE_CHECK', 'quote', 'SERVICE_CHECK=exec:'],
	['an exec check written as a URL', { SERVICE_CHECK: 'exec://usr/bin/x' }, 'SERVICE_CHECK', 'without slashes', 'SERVICE_CHECK=exec:/usr/bin/x'],
	['a secret in a command with an open quote', { SERVICE_CHECK: `exec:curl -H 'X: ${SECRET}` }, 'SERVICE_CHECK', 'quote', 'SERVICE_CHECK=exec:'],
	['a secret in a command without exec:', { SERVICE_CHECK: `curl -H ${SECRET}` }, 'SERVICE_CHECK', 'exec:command', 'SERVICE_CHECK=tcp:'],
	['a secret in a command written as a URL', { SERVICE_CHECK: `exec://bin/x ${SECRET}` }, 'SERVICE_CHECK', 'slashes', 'SERVICE_CHECK=exec:/bin/x'],
	['a secret in the query of no URL', { SERVICE_CHECK: `http://h:99999/x?token=${SECRET}` }, 'SERVICE_CHECK', 'whole URL', 'SERVICE_CHECK=http:'],
	['rise 0', { SERVICE_CHECK_RISE: '0' }, 'SERVICE_CHECK_RISE', 'from 1', 'SERVICE_CHECK_RISE=1'],
	['fall 1.5', { SERVICE_CHECK_FALL: '1.5' }, 'SERVICE_CHECK_FALL', 'whole number', 'SERVICE_CHECK_FALL=3'],
];

describe('wrong configurations: the name, what was expected, and a mend', () => {
	it.each(wrong)('%s', (_sentence, changes, name, expected, mend) => {
		const problems = problemsOf({ ...GOOD, ETCD_PASSWORD_HINT: SECRET, ...changes });
		const line = problems.find((problem) => problem.includes(name) && problem.includes(expected));
		expect(line, problems.join('\n')).toBeDefined();
		expect(
			mend.split('|').some((text) => line?.includes(text)),
			line,
		).toBe(true);
		expect(problems.join('\n')).not.toContain(SECRET);
		for (const problem of problems) expect(problem).not.toMatch(/\p{Cc}/u);
	});

	it('all of them are told in one error, each once', () => {
		const problems = problemsOf({ SERVICE_TTL: 'x', LOG_LEVEL: 'x', SERVICES: 'a,b', SERVICE_PROTOCOL: 'x' });
		expect(problems.map((line) => line.split(' ')[0])).toEqual([
			...['SERVICE_TTL', 'SERVICE_A_NAME', 'SERVICE_A_ADDR', 'SERVICE_PROTOCOL'],
			...['SERVICE_B_NAME', 'SERVICE_B_ADDR', 'LOG_LEVEL'],
		]);
	});

	it('a likely slip of the finger is told beside what it left missing', () => {
		expect(problemsOf({ SERVICE_NAME: 'user', SERVICE_ADRR: 'x' })).toContain('SERVICE_ADRR is not read: did you mean SERVICE_ADDR?');
	});

	it('without a way to read files, a secret’s file is refused', () => {
		expect(() => parseConfig({ ...GOOD, ETCD_USERNAME: 'root', ETCD_PASSWORD_FILE: '/secret' })).toThrow('ETCD_PASSWORD_FILE');
	});
});
