// nginx sends requests to the instances that are registered:
//
//   etcd-registrar watch user --exec 'node nginx-upstream.mjs user /etc/nginx/conf.d/user.upstream.conf'
//
// and in a server of nginx: location / { proxy_pass http://user; }
// If nginx refuses the new file, the old one is put back and the command is tried again.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';

const [name, file] = process.argv.slice(2);
/** Another binary, or arguments for it. */
const [nginx, ...args] = (process.env.NGINX ?? 'nginx').split(' ');

const servers = JSON.parse(readFileSync(0, 'utf8')).map(
	({ addr, weight }) => `\tserver ${addr} weight=${Math.max(1, Math.round(weight))};`,
);
// nginx refuses an upstream without a server; with this one it answers 502.
if (servers.length === 0) servers.push('\tserver 127.0.0.1:9 down;');
const text = `upstream ${name} {\n${servers.join('\n')}\n}\n`;

const before = existsSync(file) ? readFileSync(file, 'utf8') : null;
if (text === before) process.exit();
const replace = (content) => {
	writeFileSync(`${file}.new`, content);
	renameSync(`${file}.new`, file);
};
replace(text);
try {
	execFileSync(nginx, [...args, '-q', '-t'], { stdio: 'inherit' });
} catch {
	if (before === null) rmSync(file);
	else replace(before);
	process.exit(1);
}
execFileSync(nginx, [...args, '-s', 'reload'], { stdio: 'inherit' });
