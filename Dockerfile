# docker build -t pagesieve .
# docker run --rm -p 127.0.0.1:8000:8000 pagesieve
# docker exec CONTAINER pagesieve labels stats
# With volumes, keys and Prometheus: compose.yaml

FROM python:3.11-slim AS build
WORKDIR /src
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY pagesieve pagesieve
COPY service service
COPY training training
COPY models models
# The wheel carries the model. The environment gets no pip of its own: nothing is installed at run time.
# Tests and sources of libraries are left out, and so is what only training would gain from, compiled Python:
# a third of the size.
RUN pip wheel --quiet --no-cache-dir --no-deps --wheel-dir /wheels . \
 && python3 -m venv --without-pip /opt/pagesieve \
 && pip --python /opt/pagesieve/bin/python install --quiet --no-cache-dir --no-compile \
    --constraint constraints.txt "$(echo /wheels/*.whl)[service,train]" \
 && find /opt/pagesieve/lib -depth -regex '.*/tests\|.*\.\(c\|cpp\|h\|pyx\|pxd\)' -exec rm -rf {} + \
 && rm -rf /opt/pagesieve/lib/python3*/site-packages/onnx/backend/test \
 && python3 -m compileall -q -x '/(scipy|sklearn|matplotlib|fontTools|onnx)/' /opt/pagesieve/lib

FROM python:3.11-slim
ARG VERSION=0.1.0
ARG REVISION=
LABEL org.opencontainers.image.title="pagesieve" \
      org.opencontainers.image.description="Post a scraped page, get back its own content." \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION" \
      org.opencontainers.image.licenses="Apache-2.0"
RUN useradd --system --uid 10001 --user-group --no-create-home --shell /usr/sbin/nologin pagesieve
COPY --from=build /opt/pagesieve /opt/pagesieve
# A new volume mounted here begins with this release, and belongs to the service.
COPY --chown=10001:10001 models /models
# Labels that are posted. To write them needs a volume here, where the root file system is read-only.
RUN install --directory --owner=10001 --group=10001 /labels
# One numeric thread for each worker process, of which there is one for each core.
ENV PAGESIEVE_MODELS=/models PAGESIEVE_LABELS=sqlite:////labels/labels.sqlite3 \
    PATH=/opt/pagesieve/bin:$PATH OMP_NUM_THREADS=1 PYTHONDONTWRITEBYTECODE=1 MPLCONFIGDIR=/tmp/matplotlib
# Training keeps what it has read in .cache below the folder that it runs in.
WORKDIR /tmp
# By number, so that an orchestrator can tell it is not root.
USER 10001
EXPOSE 8000
# http.client, not urllib.request: a proxy in the environment must not be asked for the way to ourselves.
HEALTHCHECK --interval=30s --timeout=10s --start-period=30s CMD ["python", "-c", \
  "import http.client, sys; c = http.client.HTTPConnection('127.0.0.1', 8000, timeout=8); c.request('GET', '/readyz'); sys.exit(c.getresponse().status != 200)"]
ENTRYPOINT ["pagesieve"]
# A container is reached through the ports that whoever runs it publishes, so it may answer without keys.
CMD ["serve", "--host", "0.0.0.0", "--port", "8000", "--allow-anonymous"]
