import type { Instance } from '../../src/core/formats/index.js';

export function anInstance(key: string, more: Partial<Instance> = {}): Instance {
	return {
		...{ key, id: key, host: '10.0.0.5', port: 8080, addr: '10.0.0.5:8080', protocol: null, version: null },
		...{ weight: 100, metadata: {} },
		...more,
	};
}
