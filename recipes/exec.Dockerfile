# The service under the registrar, in one container: registered when its port accepts, deregistered before it is stopped.
#   docker build -t demo -f exec.Dockerfile .
#   docker run --init -e ETCD_ENDPOINTS=http://etcd:2379 demo
# --init (compose: `init: true`) because Node as PID 1 passes signals on but cannot reap orphans: it matters as soon as the
# service starts processes that outlive their parent.
# Until the package is on the registry: `make pack` in a checkout, the tarball beside package.json, and there
# "etcd-registrar": "file:etcd-registrar-0.1.0.tgz".
FROM node:24-slim
WORKDIR /app
COPY package.json package-lock.json etcd-registrar-*.tgz* ./
RUN npm ci --omit=dev && npm cache clean --force
COPY . .
ENV SERVICE_NAME=demo SERVICE_ADDR=:8080 REGISTRAR_HTTP=127.0.0.1:9090
USER node
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s CMD ["node_modules/.bin/etcd-registrar", "health"]
# Exec form: SIGTERM reaches the registrar itself, and it hands it on to the service.
ENTRYPOINT ["node_modules/.bin/etcd-registrar", "run", "--"]
CMD ["node", "server.js"]
