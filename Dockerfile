# The application alone: its servers are the other services of docker-compose.yml.
FROM node:24-bookworm-slim

WORKDIR /opt/suifang
COPY package.json package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY . .
RUN node -e "import('./bin/console-build.ts').then(({ buildConsole }) => buildConsole())"

# A number, not a name: FreeSWITCH runs as the same one and shares the recordings.
RUN mkdir -p /var/lib/suifang/recordings /var/lib/suifang/prompts && chown -R 10001:10001 /var/lib/suifang
USER 10001:10001
ENV NODE_ENV=production
CMD ["node", "src/main.ts"]
