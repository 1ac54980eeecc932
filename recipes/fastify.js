import { register } from 'etcd-registrar';
import Fastify from 'fastify';

const app = Fastify().get('/', async () => ({ hello: 'world' }));
await app.listen({ host: '0.0.0.0', port: 8080 });
const registrar = await register('http://127.0.0.1:2379', 'demo', '127.0.0.1:8080', 5);
process.once('SIGTERM', () => registrar.stop().then(() => app.close()));
