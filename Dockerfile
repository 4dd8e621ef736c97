# Two stages: dependencies are built once, and the image that runs holds no compiler and no cache.
FROM python:3.11-slim-bookworm AS build
WORKDIR /build
COPY requirements.lock requirements-cluster.lock ./
# --build-arg CLUSTER=1: for servers that share a database.
ARG CLUSTER=
RUN python -m venv /venv \
 && /venv/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r requirements.lock \
      ${CLUSTER:+-r requirements-cluster.lock}

FROM python:3.11-slim-bookworm
RUN groupadd --gid 10001 mmbatch \
 && useradd --uid 10001 --gid mmbatch --home-dir /nonexistent --no-create-home --shell /usr/sbin/nologin mmbatch \
 && mkdir /data \
 && chown mmbatch:mmbatch /data
COPY --from=build /venv /venv
WORKDIR /app
COPY app.py ./
COPY mmbatch_dash ./mmbatch_dash
COPY data ./data
COPY assets ./assets
COPY deploy ./deploy
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    MMBATCH_DASH_DATA_DIR=/data \
    MMBATCH_DASH_SETUP_LINK=1
USER mmbatch
VOLUME ["/data"]
EXPOSE 8080
STOPSIGNAL SIGTERM
# The second try is for a server that was configured for https; its certificate need not name 127.0.0.1.
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s --retries=3 \
  CMD python -c "import urllib.request as r; r.urlopen('http://127.0.0.1:8080/healthz', timeout=2)" 2>/dev/null \
   || python -c "import ssl, urllib.request as r; r.urlopen('https://127.0.0.1:8080/healthz', timeout=2, context=ssl._create_unverified_context())"
ENTRYPOINT ["python", "app.py"]
CMD ["--host", "0.0.0.0", "--port", "8080"]
