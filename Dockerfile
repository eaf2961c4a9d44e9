# Two stages: build with everything, run with production packages only, as a user without rights.
FROM node:20.20-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci
COPY tsconfig.json tsconfig.build.json ./
COPY scripts ./scripts
COPY src ./src
COPY mappings ./mappings
RUN npm run build && npm prune --omit=dev

FROM node:20.20-bookworm-slim
# The C library would keep what a flood once needed; so it goes back to the system (docs/operations.md, Memory).
ENV NODE_ENV=production MALLOC_MMAP_THRESHOLD_=131072 MALLOC_TRIM_THRESHOLD_=131072
WORKDIR /app
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY package.json README.md LICENSE CHANGELOG.md ./
COPY mappings ./mappings
COPY config ./config
# ./data of a configuration, from the folder the bridge runs in, is the volume.
RUN mkdir /data && chown node:node /data && ln -s /data /app/data
USER node
VOLUME /data
EXPOSE 7460 7461 7462 7463
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s CMD ["node", "-e", "fetch('http://127.0.0.1:7460/readyz').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "dist/main.js"]
CMD ["start", "--config", "config/depot.example.yaml"]
