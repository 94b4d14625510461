# redis-tls-mock in a container, as a drop-in for the image of Redis:
#   docker run -p 6379:6379 redis-tls-mock
#   docker run -p 6380:6380 -v "$PWD/tls:/tls" redis-tls-mock \
#     --bind 0.0.0.0 --tls-port 6380 --tls-profile expired --tls-profile-dir /tls
# With names of other containers in its certificate: test/examples/compose.

FROM node:22.12.0-alpine3.20 AS build
WORKDIR /src
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts
COPY tsconfig.json tsconfig.build.json ./
COPY scripts/build.mjs scripts/bundle.mjs scripts/commonjs.mjs scripts/page.mjs scripts/
COPY src src
RUN npm run build && npm prune --omit=dev --ignore-scripts

FROM node:22.12.0-alpine3.20
LABEL org.opencontainers.image.title="redis-tls-mock" \
      org.opencontainers.image.licenses="MIT"
WORKDIR /app
COPY --from=build /src/package.json ./package.json
COPY --from=build /src/node_modules ./node_modules
COPY --from=build /src/dist ./dist
COPY scripts/healthcheck.mjs ./healthcheck.mjs
# A new volume has the owner of the folder that it is mounted on.
RUN mkdir /tls && chown node:node /tls
USER node
EXPOSE 6379 6380
HEALTHCHECK --interval=5s --timeout=3s --retries=5 \
  CMD ["node", "/app/healthcheck.mjs", "6379", "6380"]
ENTRYPOINT ["node", "/app/dist/esm/cli/main.js"]
CMD ["--bind", "0.0.0.0", "--protected-mode", "no"]
