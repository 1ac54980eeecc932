import { localEtcd } from './etcd.mjs';

/** `make etcd`: the checkout's own etcd in the foreground, until Ctrl-C. */
const say = (line) => process.stderr.write(`make etcd: ${line}\n`);

const stopped = new Promise((done) => {
	for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => done(null));
});
try {
	const etcd = await localEtcd();
	if (etcd.started) {
		say(`${etcd.endpoint}, data in .etcd/; look: ${etcd.etcdctl} get --prefix /`);
		const reason = await Promise.race([stopped, etcd.ended]);
		await etcd.stop();
		if (reason) throw new Error(`${reason}, see .etcd/etcd.log`);
	} else say(`runs already: ${etcd.endpoint}`);
} catch (error) {
	say(error.message);
	process.exitCode = 69;
}
