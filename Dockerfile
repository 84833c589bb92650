FROM python:3.13-slim AS build
WORKDIR /source
COPY . .
RUN python -m venv /app && /app/bin/pip install --no-cache-dir -c constraints.txt .

FROM python:3.13-slim
COPY --from=build /app /app
RUN useradd --system --no-create-home hbmcp
USER hbmcp
# Told of no API it trades on paper, and has no folder to keep that in. To keep it, mount one and name a file there.
ENV HBMCP_PAPER_DB=:memory:
# Credentials come from the environment when the container starts: docker run -i --rm --env-file .env hbmcp
ENTRYPOINT ["/app/bin/hbmcp"]
CMD ["serve"]
