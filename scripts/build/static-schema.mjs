/**
 * etcd3 reads its .proto at each start, and protobufjs then writes the functions that encode and decode each
 * message. Here protobufjs writes the same functions at build time, as far as a client needs them, into a
 * module that stands in for @grpc/proto-loader.
 */
import { createRequire } from 'node:module';
import { dirname } from 'node:path';

const fromEtcd3 = createRequire(createRequire(import.meta.url).resolve('etcd3'));
const loaderFile = fromEtcd3.resolve('@grpc/proto-loader');
const protobuf = createRequire(loaderFile)('protobufjs');

/**
 * The plugin for esbuild: whoever asks for @grpc/proto-loader gets a `loadSync` that knows etcd3's schema and
 * no other.
 */
export const staticSchema = {
	name: 'static schema',
	setup({ onResolve, onLoad }) {
		const namespace = 'static-schema';
		onResolve({ filter: /^@grpc\/proto-loader$/ }, () => ({ path: 'rpc.proto', namespace }));
		onLoad({ filter: /.*/, namespace }, () => ({
			contents: moduleOf(whatEtcd3Loads()),
			loader: 'js',
			resolveDir: dirname(loaderFile),
		}));
	},
};

/** The file, the options and the result of the one call of `loadSync` that etcd3 makes when it is loaded. */
function whatEtcd3Loads() {
	const loader = fromEtcd3(loaderFile);
	const { loadSync } = loader;
	const calls = [];
	loader.loadSync = (file, options) => {
		const definition = loadSync(file, options);
		calls.push({ file, options, definition });
		return definition;
	};
	fromEtcd3('etcd3');
	loader.loadSync = loadSync;
	if (calls.length !== 1)
		throw new Error(`etcd3 loads ${calls.length} schemas, not one: see what changed in it`);
	return calls[0];
}

function moduleOf({ file, options, definition }) {
	const root = new protobuf.Root().loadSync(file, options);
	root.resolveAll();
	const services = Object.entries(definition).filter(([, value]) => value.format === undefined);
	const methods = services.flatMap(([name]) => root.lookupService(name).methodsArray);
	const requests = reachable(methods.map((method) => method.resolvedRequestType));
	const responses = reachable(methods.map((method) => method.resolvedResponseType));
	const types = [...new Set([...requests, ...responses])];
	return `
const { Reader, Writer, util, configure } = require('protobufjs/minimal');
util.Long = require('long');
configure();
const messages = [${types.map((type) => (isEnum(type) ? enumOf(type) : '{ctor:function(){}}'))}];
const fill = (index, fields, make) =>
	Object.assign(messages[index], make(fields.map((field) => messages[field])));
${types
	.filter((type) => !isEnum(type))
	.map((type) => messageOf(type, types, { isRequest: requests.has(type), isResponse: responses.has(type) }))
	.join('\n')}
const method = (options, request, response, rest) => ({
	...rest,
	requestSerialize: (message) => messages[request].encode(messages[request].fromObject(message)).finish(),
	responseDeserialize: (bytes) => messages[response].toObject(messages[response].decode(bytes), options),
});
exports.loadSync = (file, options) => {
	if (!file.endsWith('/rpc.proto')) throw new Error(file + ' is not in the bundle');
	return {${services.map(([name, service]) => serviceOf(name, service, root, types))}};
};`;
}

/** These message types, and all types that their fields have. */
function reachable(from) {
	const found = new Set();
	const add = (type) => {
		if (type === null || found.has(type)) return;
		found.add(type);
		if (!isEnum(type)) for (const field of type.fieldsArray) add(field.resolve().resolvedType);
	};
	from.forEach(add);
	return found;
}

const isEnum = (type) => type instanceof protobuf.Enum;

/** Names by numbers and numbers by names, as an `Enum` of protobufjs has them. */
const enumOf = ({ values, valuesById }) => JSON.stringify({ values: { ...valuesById, ...values } });

function messageOf(type, types, { isRequest, isResponse }) {
	if (type.fieldsArray.some(({ map }) => map))
		throw new Error(`${type.fullName} has a map, which needs a default`);
	const { encoder, decoder, converter } = protobuf;
	const functions = {
		...(isRequest && { fromObject: converter.fromObject, encode: encoder }),
		...(isResponse && { decode: decoder, toObject: converter.toObject }),
	};
	const fields = type.fieldsArray.map(({ resolvedType }) => types.indexOf(resolvedType));
	const texts = Object.entries(functions).map(([name, generate]) => `${name}:${generate(type).toString()}`);
	return `fill(${types.indexOf(type)},${JSON.stringify(fields)},(types)=>({${texts}}));`;
}

function serviceOf(name, service, root, types) {
	const { methods } = root.lookupService(name);
	const texts = Object.entries(service).map(
		([method, { path, requestStream, responseStream, originalName }]) => {
			const { resolvedRequestType: request, resolvedResponseType: response } = methods[method];
			const rest = JSON.stringify({ path, requestStream, responseStream, originalName });
			return `${method}:method(options,${types.indexOf(request)},${types.indexOf(response)},${rest})`;
		},
	);
	return `${JSON.stringify(name)}:{${texts}}`;
}
