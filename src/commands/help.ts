/** `--help` and `--version`. */
import { readFileSync } from 'node:fs';
import { type Context, EXIT } from './context.js';

const HELP = `etcd-registrar keeps a service registered in etcd, whatever the network, the power or etcd does.

  etcd-registrar [run]              keeps the service registered until SIGTERM or SIGINT
  etcd-registrar --help, --version

  --env-file FILE   read variables from FILE instead of .env; real variables win

It is configured by environment variables; the least:

  ETCD_ENDPOINTS    etcd, several with ; between      http://127.0.0.1:2379
  SERVICE_NAME      name of the service               required
  SERVICE_ADDR      host:port where others reach it   required
  SERVICE_TTL       seconds: lease and interval       5

.env.example and the README have them all.

Exit codes: 0 stopped as asked; 64 wrong usage; 69 not registered, or etcd not reachable, in the time given;
70 a fault of the program; 75 another live process holds the key, under SERVICE_ON_CONFLICT=fail; 78 wrong configuration.
`;

export function help({ stdout }: Context): number {
	stdout.write(HELP);
	return EXIT.ok;
}

export function version({ stdout }: Context): number {
	const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string };
	stdout.write(`${version}\n`);
	return EXIT.ok;
}
