import { rmSync } from 'node:fs';

/**
 * Removes what was built. With `all` also the local etcd's data and the installed packages; never `.env`,
 * which is the user's.
 */
const built = ['dist', 'coverage', '.bench', '.interop', '.api'];
const everything = [...built, '.etcd', 'node_modules'];
for (const path of process.argv[2] === 'all' ? everything : built)
	rmSync(path, { recursive: true, force: true });
