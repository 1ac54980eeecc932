# The registrar alone, beside a service. From a checkout, until the package is on the registry:
#   make pack && docker build -t etcd-registrar:0.1.0 -f recipes/sidecar.Dockerfile .
# Runs on a read-only file system, as no root, and needs no shell: neither for the probes nor for a preStop.
FROM node:24-slim AS package
COPY etcd-registrar-*.tgz /tmp/
# With the release: npm install --global --prefix /opt/registrar etcd-registrar@0.1.0
RUN npm install --global --prefix /opt/registrar /tmp/etcd-registrar-*.tgz

FROM node:24-slim
COPY --from=package /opt/registrar /opt/registrar
ENV PATH=/opt/registrar/bin:$PATH NODE_ENV=production
USER node
# Exec form: SIGTERM reaches the registrar itself.
ENTRYPOINT ["etcd-registrar"]
CMD ["run"]
