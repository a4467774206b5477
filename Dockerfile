# The application alone: its servers are the other services of docker-compose.yml.
FROM node:24-bookworm-slim AS build
WORKDIR /opt/suifang
COPY package.json package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY . .
RUN node -e "import('./bin/console-build.ts').then(({ buildConsole }) => buildConsole())" \
  && npm prune --omit=dev --no-audit --no-fund \
  # Whatever mask it was unpacked under: the house runs as nobody's user.
  && chmod -R a+rX .

FROM node:24-bookworm-slim
# Prompts by machine (docs/ivr.md): called as programs, with the voices that come with them; nothing of them is linked.
RUN apt-get update \
  && apt-get install -y --no-install-recommends espeak-ng sox \
  && rm -rf /var/lib/apt/lists/*
WORKDIR /opt/suifang
COPY --from=build /opt/suifang ./

# A number, not a name: FreeSWITCH runs as the same one and shares the recordings.
RUN mkdir -p /var/lib/suifang/recordings /var/lib/suifang/prompts && chown -R 10001:10001 /var/lib/suifang
USER 10001:10001
# Nobody's home, which a user without a name lacks.
ENV HOME=/var/lib/suifang NODE_ENV=production
# As bin/run.ts starts it.
CMD ["node", "--max-semi-space-size=4", "src/main.ts"]
