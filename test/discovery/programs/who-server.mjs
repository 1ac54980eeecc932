// A gRPC server at PORT whose one method answers with its port. It knows nothing of draining: SIGTERM ends it
// as it ends any program.
import grpc from '@grpc/grpc-js';

const asIs = (bytes) => bytes;
const server = new grpc.Server();
server.addService(
	{
		Are: {
			path: '/test.Who/Are',
			requestStream: false,
			responseStream: false,
			...{ requestSerialize: asIs, requestDeserialize: asIs },
			...{ responseSerialize: asIs, responseDeserialize: asIs },
		},
	},
	{ Are: (_call, answer) => setTimeout(() => answer(null, Buffer.from(process.env.PORT)), 20) },
);
server.bindAsync(`127.0.0.1:${process.env.PORT}`, grpc.ServerCredentials.createInsecure(), (error) => {
	if (error) throw error;
});
