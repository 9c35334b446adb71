# docker build -t netpol .
# Controller, agent and command line in one image: manifests say which of them a container runs.
# Both stages are of one distribution: what is linked here runs with the C library of the other.
FROM mcr.microsoft.com/dotnet/sdk:10.0-noble AS build
# The agent is compiled ahead of time, and gcc links it.
RUN apt-get update && apt-get install -y --no-install-recommends gcc libc6-dev && rm -rf /var/lib/apt/lists/*
WORKDIR /source
COPY . .
RUN build/publish /app

# glibc, OpenSSL, certificates; no shell, no package manager.
FROM mcr.microsoft.com/dotnet/runtime-deps:10.0-noble-chiseled
COPY --from=build /app /app
# Read-only containers have no place for the sockets of diagnostics.
ENV PATH=/app:/usr/bin:/bin DOTNET_EnableDiagnostics=0
USER 65532:65532
CMD ["/app/netpol", "--help"]
