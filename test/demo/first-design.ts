/**
 * The classic registrar, a few lines on etcd3: a plain poll that sees presence only. No deadline, no owner,
 * no hint; each heal makes a lease more. The demo draws it beside the registrar, and the scenarios have it as
 * a twin.
 */
import { Etcd3 } from 'etcd3';

const { ETCD_ENDPOINTS = '', SERVICE_NAME = '', SERVICE_ADDR = '', SERVICE_TTL = '' } = process.env;
const key = `/ns/${SERVICE_NAME}/${SERVICE_ADDR}`;
const ttlSeconds = Number(SERVICE_TTL);
const client = new Etcd3({ hosts: ETCD_ENDPOINTS });

async function pass(): Promise<void> {
	const found = await client.get(key).string();
	if (found === null) await client.lease(ttlSeconds).put(key).value(SERVICE_ADDR);
}

const tick = () => void pass().catch((error: unknown) => process.stderr.write(`${error}\n`));
tick();
setInterval(tick, ttlSeconds * 1_000);
