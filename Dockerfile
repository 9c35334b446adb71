# docker build -t netpol .
# Controller, agent and command line in one image: manifests say which of them a container runs.
FROM mcr.microsoft.com/dotnet/sdk:10.0 AS build
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
