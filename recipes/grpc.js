// SERVICE_NAME=greeter SERVICE_ADDR=:50051 SERVICE_CHECK=tcp://127.0.0.1:50051 node grpc.js
import 'etcd-registrar/auto';
import { ifError } from 'node:assert';
import { ServerCredentials } from '@grpc/grpc-js';
import { server } from './greeter.js'; // a Server of grpc-js with your services added

server.bindAsync('0.0.0.0:50051', ServerCredentials.createInsecure(), ifError);
