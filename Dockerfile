# twincore with its suites:
#   docker build -t twincore . && mkdir -p results
#   docker run --rm --user "$(id -u)" -v "$PWD/results:/results" twincore
# Any Debian-like image with Python 3.11 or newer can be the base: --build-arg BASE=debian:bookworm-slim
ARG BASE=debian:trixie-slim
FROM ${BASE}

RUN apt-get update \
    && apt-get install -y --no-install-recommends python3 python3-venv \
    && rm -rf /var/lib/apt/lists/*

WORKDIR /twincore

# packages first: they change less often than the sources
COPY requirements.lock ./
RUN python3 -m venv /opt/twincore \
    && /opt/twincore/bin/pip install --no-cache-dir --require-hashes -r requirements.lock

COPY . .
RUN /opt/twincore/bin/pip install --no-cache-dir --no-index --no-deps --no-build-isolation -e . \
    && /opt/twincore/bin/python -m compileall -q harness peripherals

# results and compiled code are all that is ever written
ENV PATH=/opt/twincore/bin:$PATH \
    TWINCORE_CACHE=/var/cache/twincore \
    ROBOT_OPTIONS="--outputdir /results"
RUN useradd --create-home --uid 1000 tester \
    && install -d -o tester -g tester /results "$TWINCORE_CACHE"
USER tester

# compiles the interpreter for this machine, and shows that the image works
RUN twincore run firmware/prebuilt/amp.bin --until "core 1 alive" --timeout 1s

VOLUME /results
CMD ["robot", "robot/"]
