import { readFileSync } from 'node:fs';
import { get as httpGet, type IncomingMessage } from 'node:http';
import { get as httpsGet } from 'node:https';
import type { EtcdTls } from '../etcd/etcd-args.js';

/** One GET on a connection of its own, at most two seconds; resolves to the body whatever the status. */
export function getText(url: string, tls?: EtcdTls): Promise<string> {
	const pem = (file: string | undefined) => (file === undefined ? undefined : readFileSync(file));
	const common = { timeout: 2000, agent: false };
	return new Promise((resolve, reject) => {
		const read = (response: IncomingMessage) => {
			let body = '';
			response.setEncoding('utf8').on('data', (chunk) => {
				body += chunk;
			});
			response.once('end', () => resolve(body));
		};
		const request = tls
			? httpsGet(
					url,
					{ ...common, ca: pem(tls.ca), cert: pem(tls.client?.cert), key: pem(tls.client?.key) },
					read,
				)
			: httpGet(url, common, read);
		request.once('timeout', () => request.destroy(new Error(`no answer from ${url}`)));
		request.once('error', reject);
	});
}
