import { Etcd3 } from 'etcd3';
import { expect, onTestFinished, test } from 'vitest';
import { CountingRelay, dataFrames } from '../../bench/counting-relay.js';
import { startEtcd } from '../support/etcd/etcd.js';

const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
const frame = (type: number, length: number) =>
	Buffer.concat([Buffer.from([0, 0, length, type, 0, 0, 0, 0, 1]), Buffer.alloc(length, 7)]);
const bytes = Buffer.concat([
	PREFACE,
	frame(4, 0),
	frame(1, 30),
	frame(0, 12),
	frame(0, 0),
	frame(8, 4),
	frame(0, 5),
]);

test.each([1, 2, 7, 24, 1_000])('DATA frames that are not empty count, in chunks of %i', (length) => {
	let found = 0;
	const take = dataFrames(() => (found += 1));
	for (let at = 0; at < bytes.length; at += length) take(bytes.subarray(at, at + length));
	expect(found).toBe(2);
});

test("the relay counts what etcd's own counter counts", async () => {
	const etcd = await startEtcd();
	onTestFinished(() => etcd.kill());
	const relay = await CountingRelay.open(etcd.endpoint);
	onTestFinished(() => relay.down());
	const client = new Etcd3({ hosts: relay.endpoint });
	onTestFinished(() => client.close());
	const received = async () => (await etcd.metrics()).sum('grpc_server_msg_received_total');
	const before = await received();
	for (let times = 0; times < 10; times += 1) await client.put('key').value(String(times));
	expect(await client.get('key').string()).toBe('9');
	expect(relay.atMs).toHaveLength(11);
	expect((await received()) - before).toBe(11);
});
