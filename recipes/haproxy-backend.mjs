// HAProxy sends requests to the instances that are registered:
//
//   etcd-registrar watch user --exec 'node haproxy-backend.mjs user /etc/haproxy/conf.d/user.cfg'
//
// HAProxy runs with `-W -p /run/haproxy.pid -f /etc/haproxy/haproxy.cfg -f /etc/haproxy/conf.d`, and a frontend of it says
// `default_backend user`. A file that HAProxy refuses is replaced by the old one again, and the command is tried again.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

const [name, file] = process.argv.slice(2);
const {
	HAPROXY = 'haproxy',
	HAPROXY_CFG = '/etc/haproxy/haproxy.cfg',
	HAPROXY_PID = '/run/haproxy.pid',
} = process.env;

const instances = JSON.parse(readFileSync(0, 'utf8'));
const heaviest = Math.max(1, ...instances.map(({ weight }) => weight));
const servers = instances.map(
	// Weights of HAProxy end at 256. The address as name keeps a server's counters over a reload.
	({ addr, weight }) => `\tserver ${addr} ${addr} weight ${Math.ceil((weight / heaviest) * 256)} check`,
);
const text = `backend ${name}\n\tbalance roundrobin\n${servers.map((line) => `${line}\n`).join('')}`;

const before = existsSync(file) ? readFileSync(file, 'utf8') : null;
if (text === before) process.exit();
const replace = (content) => {
	// Not `.cfg`: HAProxy reads every file of the folder that ends so.
	writeFileSync(`${file}.new`, content);
	renameSync(`${file}.new`, file);
};
replace(text);
try {
	execFileSync(HAPROXY, ['-c', '-q', '-f', HAPROXY_CFG, '-f', dirname(file)], { stdio: 'inherit' });
} catch {
	if (before === null) rmSync(file);
	else replace(before);
	process.exit(1);
}
// The master starts new workers with the new file; the old ones finish what they have begun.
process.kill(Number(readFileSync(HAPROXY_PID, 'utf8')), 'SIGUSR2');
