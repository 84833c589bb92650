FROM python:3.13-slim AS build
WORKDIR /source
COPY . .
RUN python -m venv /app && /app/bin/pip install --no-cache-dir -c constraints.txt '.[postgres]'

FROM python:3.13-slim
COPY --from=build /app /app
# What it remembers is in its home, and gone with the container: mount a volume there, or set HBMCP_STATE_URL.
RUN useradd --system --create-home hbmcp
USER hbmcp
# Told of no API it trades on paper, and keeps that in memory.
ENV HBMCP_PAPER_DB=:memory:
# Credentials come from the environment when the container starts: docker run -i --rm --env-file .env hbmcp
# Over HTTP, with a token made in the same volume: docker run -p 3000:3000 … hbmcp serve --transport http --host 0.0.0.0
ENTRYPOINT ["/app/bin/hbmcp"]
CMD ["serve"]
