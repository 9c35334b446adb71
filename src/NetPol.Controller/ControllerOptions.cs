using System.Net;
using NetPol.Compiler;
using NetPol.Hosting;

namespace NetPol.Controller;

/// <summary>What can be set: by flag, by environment (<c>NETPOL_…</c>), or in a file; the first of them counts.</summary>
internal sealed record ControllerOptions
{
    /// <summary>The namespace that NetPol itself lives in.</summary>
    public string Namespace { get; init; } = "netpol-system";

    /// <summary>This replica's pod, or any other name that no other replica has.</summary>
    public string Name { get; init; } = Environment.MachineName;

    public string AgentServiceAccount { get; init; } = "netpol-agent";

    /// <summary>The service account whose tokens let people read any node's rules.</summary>
    public string ObserverServiceAccount { get; init; } = "netpol-observer";

    public string TokenAudience { get; init; } = "netpol";

    /// <summary>The Service's name: agents expect <c>SERVICE.NAMESPACE.svc</c> in the certificate.</summary>
    public string Service { get; init; } = "netpol-controller";

    /// <summary>Where the other replicas reach this one; null when they cannot.</summary>
    public IPAddress? Address { get; init; }

    /// <summary>The port of the node stream, TLS, on all addresses.</summary>
    public int Port { get; init; } = 9443;

    /// <summary>The port of health and state, plain HTTP, on the loopback address only.</summary>
    public int LocalPort { get; init; } = 9444;

    /// <summary>The port of the page for people, TLS, on all addresses; null for none.</summary>
    public int? PagePort { get; init; }

    /// <summary>What the NetworkPolicies of one namespace may cost before they are isolated.</summary>
    public NamespaceBudget Budget { get; init; } = NamespaceBudget.Default;

    /// <summary>The file that grants pods further source addresses; null when no pod has any.</summary>
    public string? SourceGrantsFile { get; init; }

    public MetricsOptions Metrics { get; init; } = new();

    /// <summary>A kubeconfig file; null for the service account of the pod.</summary>
    public string? Kubeconfig { get; init; }

    public bool JsonLogs { get; init; } = true;

    public LogLevel LogLevel { get; init; } = LogLevel.Information;

    /// <summary>The node stream's, host and port, for the other replicas; null when they cannot reach it.</summary>
    public string? StreamAddress => Address is null ? null : new IPEndPoint(Address, Port).ToString();

    public string TlsName => $"{Service}.{Namespace}.svc";
}
