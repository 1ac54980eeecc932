import { execFileSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { removeAtExit } from '../process/guarded.js';
import type { PemFiles } from './etcd-args.js';

/** A certificate authority of the test's own and what it issues, as PEM files. */
export interface Authority {
	/** Its certificate. */
	readonly ca: string;
	/**
	 * Issues a certificate for this common name, good for servers at loopback (and `hosts`: `DNS:name`,
	 * `IP:address`) and for clients.
	 */
	issue(commonName: string, hosts?: readonly string[]): PemFiles;
}

/** Makes a new authority with the `openssl` command; two of them do not trust each other. */
export function createAuthority(): Authority {
	const folder = mkdtempSync(join(tmpdir(), 'authority-'));
	removeAtExit(folder);
	const ca = join(folder, 'ca.pem');
	const caKey = join(folder, 'ca.key');
	openssl(
		'req',
		'-x509',
		...NEW_KEY,
		'-keyout',
		caKey,
		'-out',
		ca,
		'-subj',
		'/CN=test authority',
		'-days',
		'2',
	);
	let count = 0;
	return {
		ca,
		issue(commonName, hosts = []) {
			count += 1;
			const path = (ending: string) => join(folder, `${count}.${ending}`);
			openssl('req', ...NEW_KEY, '-keyout', path('key'), '-out', path('csr'), '-subj', `/CN=${commonName}`);
			const names = ['DNS:localhost', 'IP:127.0.0.1', 'IP:::1', ...hosts].join(',');
			writeFileSync(path('ext'), `subjectAltName=${names}\nextendedKeyUsage=serverAuth,clientAuth\n`);
			const signing = [
				'-CA',
				ca,
				'-CAkey',
				caKey,
				'-set_serial',
				String(count),
				'-days',
				'2',
				'-extfile',
				path('ext'),
			];
			openssl('x509', '-req', '-in', path('csr'), '-out', path('pem'), ...signing);
			return { cert: path('pem'), key: path('key') };
		},
	};
}

const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

function openssl(...args: string[]): void {
	execFileSync('openssl', args, { stdio: ['ignore', 'pipe', 'pipe'] });
}
