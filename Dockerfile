# docker build -t cambium .
# docker run --rm --user "$(id -u):$(id -g)" -v "$PWD:/work" cambium run pipeline.yaml
FROM swift:6.3-bookworm AS build
RUN apt-get update \
  && apt-get install -y --no-install-recommends make python3 \
  && rm -rf /var/lib/apt/lists/*
WORKDIR /source
COPY . .
RUN make install DESTDIR=/installed PREFIX=/usr/local && strip /installed/usr/local/bin/cambium

FROM debian:bookworm-slim
RUN apt-get update \
  && apt-get install -y --no-install-recommends \
    libarchive13 libjpeg62-turbo libopenblas0-pthread libpng16-16 libstdc++6 libyaml-0-2 \
  && rm -rf /var/lib/apt/lists/* \
  && useradd --create-home cambium \
  && install -d -o cambium -g cambium /work
COPY --from=build /installed/usr/local /usr/local
USER cambium
WORKDIR /work
ENTRYPOINT ["cambium"]
