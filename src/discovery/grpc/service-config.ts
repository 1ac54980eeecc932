/**
 * How calls are balanced: over all instances in turn, unless the channel's own service config says otherwise.
 */
import { isJsonObject } from '../../core/formats/decode.js';
import type { GrpcServiceConfig } from './interface.js';

const ROUND_ROBIN = { round_robin: {} };

/**
 * `null` = the channel's own config decides. `text` is its option `grpc.service_config`, which grpc-js has
 * checked before.
 */
export function serviceConfigOf(text: unknown): GrpcServiceConfig | null {
	if (typeof text !== 'string' || text === '')
		return { loadBalancingConfig: [ROUND_ROBIN], methodConfig: [] };
	const own = JSON.parse(text) as Readonly<Record<string, unknown>>;
	if (Array.isArray(own.loadBalancingConfig) && own.loadBalancingConfig.length > 0) return null;
	const { loadBalancingPolicy: policy, methodConfig } = own;
	return {
		...own,
		loadBalancingConfig: [typeof policy === 'string' ? { [policy.toLowerCase()]: {} } : ROUND_ROBIN],
		methodConfig: Array.isArray(methodConfig) ? methodConfig.map(parsedMethod) : [],
	};
}

/** grpc-js keeps a config as it is written, but for time-outs. */
function parsedMethod(method: unknown): unknown {
	if (!isJsonObject(method) || typeof method.timeout !== 'string') return method;
	const [seconds = '0', fraction = ''] = method.timeout.slice(0, -1).split('.');
	return { ...method, timeout: { seconds: Number(seconds), nanos: Number(fraction.padEnd(9, '0')) } };
}
