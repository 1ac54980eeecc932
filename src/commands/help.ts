/** `--help` and `--version`. */
import { packageVersion } from '../adapters/version.js';
import { type Context, EXIT } from './context.js';

const HELP = `etcd-registrar keeps a service registered in etcd, whatever the network, the power or etcd does.

  etcd-registrar [run]               keeps the service registered until SIGTERM or SIGINT
  etcd-registrar run -- CMD ARGS...  starts the command and registers it while its check passes; without a check,
                                     while the port of SERVICE_ADDR accepts
  etcd-registrar check               the configuration with the source of each value, the keys and values to be
                                     written, the permissions they need, a round trip to etcd; writes nothing
  etcd-registrar list [NAME]         what discovery sees: key, value, lease, seconds left, age
  etcd-registrar watch [NAME]        the same, and each change of it, until SIGINT
  etcd-registrar watch NAME --exec 'CMD ARGS'
                                     runs the command, without a shell, at the start and after each change, with the
                                     instances as a JSON array on its standard input
  etcd-registrar status              the running registrar's state as a table, through REGISTRAR_CONTROL or, where it
                                     is not set, REGISTRAR_HTTP
  etcd-registrar pause [NAME]        withdraws all services, or those of this name, from a running registrar, through
                                     REGISTRAR_CONTROL, and returns when etcd has confirmed it; it runs on
  etcd-registrar resume [NAME]       registers them again
  etcd-registrar health              asks /readyz at REGISTRAR_HTTP: exit 0 or 1 and one line why
  etcd-registrar help, version       as --help and --version

  --env FILE        read variables from FILE instead of .env; real variables win
  --env-file FILE   the same, but Node reads it too: it ends with code 9 where FILE is missing
  --json            list: one array; watch: one object a line; status: the document of /status
  --reason TEXT     pause: why, for whoever asks
  -h, --help        this text
  -v, --version     the version

It is configured by environment variables; the least:

  ETCD_ENDPOINTS    etcd, several with ; between      http://127.0.0.1:2379
  SERVICE_NAME      name of the service               required
  SERVICE_ADDR      host:port where others reach it   required
  SERVICE_TTL       seconds: lease and interval       5

docs/configuration.md has them all; list and watch need none but those of etcd; SERVICE_FORMAT and SERVICE_NAMESPACE
say what they read.

Signals: SIGTERM, SIGINT, SIGHUP and SIGQUIT deregister and stop, a second one leaves at once; SIGUSR2 withdraws the
service and brings it back, SIGUSR1 does nothing. Under run -- the first SIGTERM or SIGINT deregisters, waits
REGISTRAR_DRAIN_DELAY and is then passed on; a second one kills the command and what it started; SIGHUP, SIGQUIT,
SIGUSR1 and SIGWINCH are passed on at once. The command sees the environment as it is, without .env. If others reach
it at an address that this machine does not (a mapped port), set SERVICE_CHECK.

Age: etcd keeps no times. It is the seconds since the last sign of life of whoever holds the key (its lease was granted
or renewed); watch counts from when it first saw the key. A lease is shown as etcdctl shows it, in JSON as decimal text
(lease) and as etcdctl does (leaseHex).
A value that is no UTF-8 is shown as base64.

Exit codes: 0 stopped as asked; 64 wrong usage; 69 not registered, or etcd not reachable or not permitting it, in the
time given, or no registrar that could be asked; 70 a fault of the program; 75 another live process holds the key, under
SERVICE_ON_CONFLICT=fail; 78 wrong configuration; health: 0 or 1; under run -- the command's own: 128 + n for a signal,
126 not executable, 127 not found.
`;

export function help({ stdout }: Context): number {
	stdout.write(HELP);
	return EXIT.ok;
}

export function version({ stdout }: Context): number {
	stdout.write(`${packageVersion()}\n`);
	return EXIT.ok;
}
