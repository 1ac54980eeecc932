import type { HealthCheck } from '../../registrar/ports.js';
import { execCheck } from './exec.js';
import { grpcCheck } from './grpc.js';
import { httpCheck } from './http.js';
import { tcpCheck } from './tcp.js';

/** What is looked at. The part of a service's check configuration that says how, not how often. */
export type CheckTarget =
	| { readonly kind: 'tcp'; readonly host: string; readonly port: number }
	| { readonly kind: 'http'; readonly url: string }
	| { readonly kind: 'grpc'; readonly host: string; readonly port: number; readonly service: string }
	| { readonly kind: 'exec'; readonly command: string };

/** One look of the configured kind. Every one of them settles soon after its signal aborts and then leaves no socket and no process. */
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
	}
}
