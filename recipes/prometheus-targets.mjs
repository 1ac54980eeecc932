// Prometheus scrapes the instances that are registered:
//
//   etcd-registrar watch user --exec 'node prometheus-targets.mjs user /etc/prometheus/targets/user.json'
//
// and in prometheus.yml: scrape_configs: [{ job_name: services, file_sd_configs: [{ files: ['targets/*.json'] }] }]
// Prometheus reads the file again by itself when it changes. Metadata becomes labels.
import { readFileSync, renameSync, writeFileSync } from 'node:fs';

const [service, file] = process.argv.slice(2);

const label = (key) => key.replace(/[^a-zA-Z0-9_]/g, '_').replace(/^(\d|__)/, 'meta_$1');
const targets = JSON.parse(readFileSync(0, 'utf8')).map(({ addr, id, version, metadata }) => ({
	targets: [addr],
	labels: {
		...Object.fromEntries(Object.entries(metadata).map(([key, value]) => [label(key), value])),
		service,
		instance_id: id,
		...(version === null ? {} : { version }),
	},
}));
// Renamed into place: Prometheus never sees half of it.
writeFileSync(`${file}.new`, `${JSON.stringify(targets, null, '\t')}\n`);
renameSync(`${file}.new`, file);
