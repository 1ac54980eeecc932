/**
 * The two messages of `grpc.health.v1.Health/Check`, by hand: `HealthCheckRequest { string service = 1 }` and
 * `HealthCheckResponse { ServingStatus status = 1 }` (grpc/health/v1/health.proto). So no .proto is parsed at
 * run time.
 */
export const SERVING_STATUS = ['UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN'] as const;
export type ServingStatus = (typeof SERVING_STATUS)[number];

const SERVICE_FIELD = 0x0a; // field 1, length-delimited
const STATUS_FIELD = 0x08; // field 1, varint

export function encodeRequest(service: string): Buffer {
	const text = Buffer.from(service, 'utf8');
	// An empty string is the default and is left out, as proto3 does.
	return text.length === 0
		? Buffer.alloc(0)
		: Buffer.concat([Buffer.from([SERVICE_FIELD, ...varint(text.length)]), text]);
}

/** Unknown fields behind the status, and a status of a later version, read as UNKNOWN: that is never well. */
export function decodeResponse(bytes: Uint8Array): ServingStatus {
	if (bytes[0] !== STATUS_FIELD) return 'UNKNOWN';
	return SERVING_STATUS[bytes[1] ?? 0] ?? 'UNKNOWN';
}

function varint(value: number): number[] {
	return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...varint(value >>> 7)];
}

const FRAME_HEAD = 5;

/** gRPC's length-prefixed message: one byte "not compressed", four bytes of length, the message. */
export function frame(message: Buffer): Buffer {
	const head = Buffer.alloc(FRAME_HEAD);
	head.writeUInt32BE(message.length, 1);
	return Buffer.concat([head, message]);
}

/**
 * What is compressed or cut short reads as an empty message. We offer no compression, so nobody may use it.
 */
export function unframe(body: Buffer): Buffer {
	if (body.length < FRAME_HEAD || body[0] !== 0) return Buffer.alloc(0);
	const end = FRAME_HEAD + body.readUInt32BE(1);
	return end <= body.length ? body.subarray(FRAME_HEAD, end) : Buffer.alloc(0);
}
