/**
 * What `@grpc/grpc-js` asks of a resolver and gives to it, as far as it is used here. Its own types differ
 * from release to release and stand under `experimental`; the copy that counts is the caller's, which is
 * passed in.
 */

/** The module `@grpc/grpc-js`, 1.12 or later. */
export interface GrpcJs {
	readonly experimental: { registerResolver(scheme: string, resolver: never): void };
	readonly Metadata: new () => object;
}

export interface Target {
	readonly path: string;
}

export interface GrpcEndpoint {
	readonly addresses: readonly { readonly host: string; readonly port: number }[];
	/** Not read by grpc-js itself: for a load balancer of the application's own. */
	readonly attributes: {
		readonly id: string;
		readonly version: string | null;
		readonly weight: number;
		readonly metadata: Readonly<Record<string, string>>;
	};
}

export interface StatusObject {
	readonly code: number;
	readonly details: string;
	readonly metadata: object;
}

export interface GrpcServiceConfig {
	readonly loadBalancingConfig: readonly Readonly<Record<string, object>>[];
	readonly methodConfig: readonly unknown[];
	readonly [other: string]: unknown;
}

type StatusOr<T> =
	| { readonly ok: true; readonly value: T }
	| { readonly ok: false; readonly error: StatusObject };

/** Up to 1.13 an object, from 1.14 one function. */
export type GrpcListener =
	| {
			onSuccessfulResolution(
				endpoints: readonly GrpcEndpoint[],
				serviceConfig: GrpcServiceConfig | null,
				serviceConfigError: null,
				configSelector: null,
				attributes: object,
			): void;
			onError(error: StatusObject): void;
	  }
	| ((
			endpoints: StatusOr<readonly GrpcEndpoint[]>,
			attributes: object,
			serviceConfig: StatusOr<GrpcServiceConfig> | null,
			note: string,
	  ) => unknown);

/** `serviceConfig` `null` = the channel's own. */
export function tellEndpoints(
	listener: GrpcListener,
	endpoints: readonly GrpcEndpoint[],
	serviceConfig: GrpcServiceConfig | null,
): void {
	if (typeof listener === 'function')
		listener({ ok: true, value: endpoints }, {}, serviceConfig && { ok: true, value: serviceConfig }, '');
	else listener.onSuccessfulResolution(endpoints, serviceConfig, null, null, {});
}

export function tellError(listener: GrpcListener, error: StatusObject): void {
	if (typeof listener === 'function') listener({ ok: false, error }, {}, null, '');
	else listener.onError(error);
}
