import type { CheckTarget } from '../../core/settings/values/check.js';
import type { HealthCheck } from '../../registrar/ports.js';
import { execCheck } from './exec.js';
import { grpcCheck } from './grpc.js';
import { httpCheck } from './http.js';
import { portCheck } from './port.js';
import { tcpCheck } from './tcp.js';

/**
 * One check of the configured kind. Every one of them settles soon after its signal aborts and then leaves no
 * socket and no process.
 */
export function createCheck(target: CheckTarget): HealthCheck {
	switch (target.kind) {
		case 'tcp':
			return tcpCheck(target.host, target.port);
		case 'http':
			return httpCheck(target.url);
		case 'grpc':
			return grpcCheck(target.host, target.port, target.service);
		case 'exec':
			return execCheck(target.command);
		case 'port':
			return portCheck(target.host, target.port);
	}
}
