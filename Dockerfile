# docker build $(build/base-images) -t netpol:$(build/version) .
# Controller, agent and command line in one image: manifests say which of them a container runs.
# Both stages are of one distribution: what is linked here runs with the C library of the other.
#
# Base images are named by digest. Only their registry knows it: build/base-images reads it there and prints the two arguments. There
# is no default, so that no build takes whatever a tag means that day. The compiler's packages of the first stage come from the
# distribution's archive as it is that day: for an image that can be made again byte for byte use build/image.
ARG SDK_DIGEST
ARG RUNTIME_DEPS_DIGEST
FROM mcr.microsoft.com/dotnet/sdk:10.0-noble@${SDK_DIGEST} AS build
# The agent is compiled ahead of time, and gcc links it; build/sbom and build/verify-packs are Python.
RUN apt-get update && apt-get install -y --no-install-recommends gcc libc6-dev python3 && rm -rf /var/lib/apt/lists/*
WORKDIR /source
COPY . .
RUN build/publish /app

# glibc, OpenSSL, certificates; no shell, no package manager.
FROM mcr.microsoft.com/dotnet/runtime-deps:10.0-noble-chiseled@${RUNTIME_DEPS_DIGEST}
COPY --from=build /app /app
# Read-only containers have no place for the sockets of diagnostics.
ENV PATH=/app:/usr/bin:/bin DOTNET_EnableDiagnostics=0
USER 65532:65532
CMD ["/app/netpol", "--help"]
