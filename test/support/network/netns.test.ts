import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { startEtcd } from '../etcd/etcd.js';
import { needs } from '../needs.js';
import { until } from '../until.js';
import { networkMissing, startNetwork } from './netns.js';

test('an etcd in a host of its own answers; while packets drop there is silence, no refusal; after it the old connection goes on', async (context) => {
	needs(context, networkMissing());
	const network = startNetwork();
	const etcd = await startEtcd({ host: network.host, wrap: network.wrap });
	const socket = connect(etcd.port, network.host);
	let answers = '';
	socket.on('data', (chunk) => {
		answers += chunk;
	});
	const ask = () => socket.write('GET /health HTTP/1.1\r\nHost: etcd\r\n\r\n');
	const answered = () => answers.split('"health"').length - 1;
	ask();
	await until(() => answered() === 1);

	network.drop();
	ask();
	// getText waits two seconds for a connection and an answer: long enough for the packets of both to be lost.
	await expect(etcd.http('/health')).rejects.toThrow('no answer');
	expect(answered()).toBe(1);

	network.heal();
	await until(() => answered() === 2);
	expect(await until(() => etcd.http('/health'))).toContain('true');
	socket.destroy();
	await etcd.kill();
	network.close();
});
