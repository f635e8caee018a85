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
RUN pip wheel --quiet --no-cache-dir --no-deps --wheel-dir /wheels . \
 && python3 -m venv --without-pip /opt/pagesieve \
 && pip --python /opt/pagesieve/bin/python install --quiet --no-cache-dir --no-compile \
    --constraint constraints.txt "$(echo /wheels/*.whl)[service,train]"
# A quarter of that goes: the libraries' tests, sources, type stubs and debugging symbols, tools of ONNX Runtime, and
# the wheel's copy of the model. Libraries that came inside wheels (*.libs) are left as they are: they do not survive
# stripping. Of Python that is compiled which our own modules import.
RUN apt-get update -qq && apt-get install -y -qq --no-install-recommends binutils \
 && cd /opt/pagesieve/lib/python3*/site-packages \
 && find . -depth -regex '.*/tests\|.*\.\(c\|cpp\|h\|pyx\|pxd\|pyi\)' -exec rm -rf {} + \
 && rm -rf onnx/backend/test onnxruntime/transformers onnxruntime/quantization onnxruntime/tools \
    pagesieve/releases \
 && find . -name '*.so' -not -path '*.libs/*' -exec strip --strip-unneeded {} + \
 && /opt/pagesieve/bin/python -c "import importlib, pkgutil as p; [importlib.import_module(m.name) \
    for r in ('pagesieve', 'service', 'training') for m in p.walk_packages([r], r + '.')]"

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
