# The sample shop, to try it beside others. It holds the development dependencies, because the shop is built from them.
FROM node:22-slim
WORKDIR /shop
COPY package.json package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json nest-cli.json ./
COPY lib lib
COPY sample-app sample-app
RUN npm run build
USER node
EXPOSE 3000
# Open to everybody, says nothing but that it listens.
HEALTHCHECK --interval=5s --timeout=3s --start-period=20s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + (process.env.PORT ?? 3000) + '/health').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "dist/sample-app/main.js"]
