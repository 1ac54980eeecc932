# The registrar alone, beside a service: docker build -t etcd-registrar:0.1.0 -f sidecar.Dockerfile .
FROM node:20-slim
RUN npm install --global etcd-registrar@0.1.0 && npm cache clean --force
USER node
# Exec form: SIGTERM reaches the registrar itself.
ENTRYPOINT ["etcd-registrar"]
CMD ["run"]
