import { createRequire } from 'node:module';
import { build, type Plugin } from 'esbuild';
import { beforeAll, expect, test } from 'vitest';

interface Method {
	readonly path: string;
	readonly requestStream: boolean;
	readonly responseStream: boolean;
	readonly originalName: string;
	readonly requestSerialize: (message: object) => Buffer;
	readonly responseSerialize: (message: object) => Buffer;
	readonly responseDeserialize: (bytes: Buffer) => object;
}
type Services = Readonly<Record<string, Readonly<Record<string, Method>>>>;
interface Loader {
	readonly loadSync: (file: string, options: object) => Services;
}
interface Field {
	readonly name: string;
	readonly type: string;
	readonly repeated: boolean;
	resolve(): { readonly resolvedType: Type | null };
}
interface Type {
	readonly fieldsArray?: readonly Field[];
	readonly values?: Readonly<Record<string, number>>;
}

const fromEtcd3 = createRequire(createRequire(import.meta.url).resolve('etcd3'));
const fromLoader = createRequire(fromEtcd3.resolve('@grpc/proto-loader'));
const FILE = fromEtcd3.resolve('../proto/rpc.proto');
const OPTIONS = { keepCase: true, longs: String, enums: String, defaults: true, oneofs: true };
const original = (fromEtcd3('@grpc/proto-loader') as Loader).loadSync(FILE, OPTIONS);
const { Root } = fromLoader('protobufjs');
const root = new Root().loadSync(FILE, OPTIONS);
let bundled: Loader;

beforeAll(async () => {
	const script = new URL('../../scripts/build/static-schema.mjs', import.meta.url).href;
	const { staticSchema } = (await import(script)) as { staticSchema: Plugin };
	const { outputFiles } = await build({
		stdin: {
			contents: "exports.loadSync = require('@grpc/proto-loader').loadSync",
			resolveDir: import.meta.dirname,
		},
		bundle: true,
		write: false,
		platform: 'node',
		format: 'cjs',
		plugins: [staticSchema],
	});
	const module = { exports: {} as Loader };
	new Function('module', 'exports', 'require', outputFiles[0]?.text ?? '')(
		module,
		module.exports,
		createRequire(import.meta.url),
	);
	bundled = module.exports;
});

/** A message with something in every field; of an enum the last name, since the first is the default. */
function sample(type: Type, depth: number): unknown {
	if (type.values) return Object.keys(type.values).at(-1);
	const fields = depth === 0 ? [] : (type.fieldsArray ?? []);
	return Object.fromEntries(
		fields.map((field) => {
			const { resolvedType } = field.resolve();
			const value = resolvedType === null ? plain(field.type) : sample(resolvedType, depth - 1);
			return [field.name, field.repeated ? [value, value] : value];
		}),
	);
}

function plain(type: string): unknown {
	if (type === 'string') return 'ä text';
	if (type === 'bytes') return Buffer.from([0, 255, 128]);
	if (type === 'bool') return true;
	// More than a number can hold.
	return /64/.test(type) ? '9007199254740993' : 7;
}

const methods = Object.entries(original)
	.filter(([, value]) => !('format' in value))
	.flatMap(([service, value]) => Object.keys(value).map((method) => [service, method] as const));

test('etcd has its services', () => {
	expect(methods.length).toBeGreaterThan(30);
});

test.each(methods)('%s/%s writes and reads the same bytes as with proto-loader', (service, name) => {
	const expected = original[service]?.[name] as Method;
	const actual = bundled.loadSync(FILE, OPTIONS)[service]?.[name] as Method;
	for (const key of ['path', 'requestStream', 'responseStream', 'originalName'] as const)
		expect(actual[key]).toBe(expected[key]);
	const { resolvedRequestType, resolvedResponseType } = root.lookupService(service).methods[name];
	for (const depth of [0, 1, 4]) {
		const request = sample(resolvedRequestType, depth) as object;
		expect(actual.requestSerialize(request)).toEqual(expected.requestSerialize(request));
		const bytes = expected.responseSerialize(sample(resolvedResponseType, depth) as object);
		expect(actual.responseDeserialize(bytes)).toEqual(expected.responseDeserialize(bytes));
	}
});

test('another schema is refused', () => {
	expect(() => bundled.loadSync('/channelz.proto', OPTIONS)).toThrow('not in the bundle');
});
