using System.ComponentModel.DataAnnotations;
using System.Net;
using Microsoft.Extensions.Options;
using NetPol.Compiler.Budgets;
using NetPol.Hosting;

namespace NetPol.Controller.Infrastructure;

/// <summary>The settings of the controller. Each property has the name of its setting.</summary>
internal sealed record ControllerOptions : DaemonOptions
{
    private const int MaxNumber = 1_000_000;

    private static readonly ControllerOptions Defaults = new();

    /// <summary>Describes all settings.</summary>
    public static IReadOnlyList<Setting> Settings { get; } =
    [
        new("namespace", $"The namespace that NetPol runs in [{Defaults.Namespace}]", "NAMESPACE", "the name of a namespace"),
        new("name", "The unique name of this replica, such as the name of its pod [the host's name]", "NAME", "a name that no other replica has"),
        new("address", "The IP address at which other replicas reach this one, such as that of its pod [none]", "ADDRESS", "an IP address"),
        new("kubeconfig", "The kubeconfig of the API server [the service account of the pod]", "FILE", "the path of a kubeconfig"),
        new("agent-service-account", $"The service account of the agents [{Defaults.AgentServiceAccount}]", "NAME", "the name of a service account"),
        new("observer-service-account", $"The service account whose tokens may read the rules of any node [{Defaults.ObserverServiceAccount}]", "NAME", "the name of a service account"),
        new("token-audience", $"The audience of the agents' tokens [{Defaults.TokenAudience}]", "NAME", "the audience of the agents' tokens"),
        new("service", $"The Service that agents connect to; the certificate is for NAME.NAMESPACE.svc [{Defaults.Service}]", "NAME", "the name of a Service"),
        new("port", $"The port of the node stream (gRPC, TLS), on all addresses [{Defaults.Port}]", "PORT", ExpectedPort),
        new("local-port", $"The port of /healthz, /readyz, /state and /metrics (HTTP), on the loopback address [{Defaults.LocalPort}]", "PORT", ExpectedPort),
        new("dashboard-port", "The port of the dashboard (HTTPS, for observers' tokens), on all addresses [none]", "PORT", ExpectedPort),
        new("source-grants", "A YAML or JSON file that lets pods send from further addresses, such as VPN gateways; the controller applies a change within seconds [none]", "FILE", "the path of a file"),
        Budget("networks", "CIDR blocks that the NetworkPolicies of one namespace may name", Defaults.NamespaceNetworks),
        Budget("entries", "Policy entries (pods × peers that their rules distinguish) of one namespace on one node", Defaults.NamespaceEntries),
        Budget("port-ranges", "Port ranges (port policies × ranges of the rules in them) of one namespace on one node", Defaults.NamespacePortRanges),
        Budget("port-policies", "Port policies and rules of one namespace on one node", Defaults.NamespacePortPolicies),
        .. CommonSettings,
    ];

    /// <summary>The namespace that NetPol itself lives in.</summary>
    [Required]
    public string Namespace { get; set; } = "netpol-system";

    /// <summary>This replica's pod, or any other name that no other replica has.</summary>
    [Required]
    public string Name { get; set; } = Environment.MachineName;

    /// <summary>The IP address where the other replicas reach this one; null when they cannot.</summary>
    [IpAddressText]
    public string? Address { get; set; }

    /// <summary>A kubeconfig file; null for the service account of the pod.</summary>
    public string? Kubeconfig { get; set; }

    [Required]
    public string AgentServiceAccount { get; set; } = "netpol-agent";

    /// <summary>The service account whose tokens may read the rules of any node.</summary>
    [Required]
    public string ObserverServiceAccount { get; set; } = "netpol-observer";

    [Required]
    public string TokenAudience { get; set; } = "netpol";

    /// <summary>The Service's name: agents expect <c>SERVICE.NAMESPACE.svc</c> in the certificate.</summary>
    [Required]
    public string Service { get; set; } = "netpol-controller";

    /// <summary>The port of the node stream, TLS, on all addresses.</summary>
    [Range(1, ushort.MaxValue)]
    public int Port { get; set; } = 9443;

    [Range(1, ushort.MaxValue)]
    public override int LocalPort { get; set; } = 9444;

    /// <summary>The port of the page for people, TLS, on all addresses; null for none.</summary>
    [Range(1, ushort.MaxValue)]
    public int? DashboardPort { get; set; }

    /// <summary>The file that grants pods further source addresses; null when no pod has any.</summary>
    public string? SourceGrants { get; set; }

    /// <summary>CIDR blocks that the NetworkPolicies of one namespace may name.</summary>
    [Range(1, MaxNumber)]
    public int NamespaceNetworks { get; set; } = NamespaceBudget.Default.Networks;

    /// <summary>Policy entries of one namespace on one node.</summary>
    [Range(1, MaxNumber)]
    public int NamespaceEntries { get; set; } = NamespaceBudget.Default.Entries;

    /// <summary>Port ranges of one namespace on one node.</summary>
    [Range(1, MaxNumber)]
    public int NamespacePortRanges { get; set; } = NamespaceBudget.Default.PortRanges;

    /// <summary>Port policies and rules of one namespace on one node.</summary>
    [Range(1, MaxNumber)]
    public int NamespacePortPolicies { get; set; } = NamespaceBudget.Default.PortPolicies;

    /// <summary>The node stream's, host and port, for the other replicas; null when they cannot reach it.</summary>
    public string? StreamAddress => Address is null ? null : new IPEndPoint(IPAddress.Parse(Address), Port).ToString();

    /// <summary>The name in the certificate of the replicas.</summary>
    public string TlsName => $"{Service}.{Namespace}.svc";

    /// <summary>What the NetworkPolicies of one namespace may cost before they are isolated.</summary>
    public NamespaceBudget CreateBudget() => new() { Networks = NamespaceNetworks, Entries = NamespaceEntries, PortRanges = NamespacePortRanges, PortPolicies = NamespacePortPolicies };

    private static Setting Budget(string what, string description, int most) =>
        new($"namespace-{what}", $"{description}; a namespace with more is isolated [{most}]", "N", "a number from 1 to 1000000");
}

/// <summary>Checks the values of <see cref="ControllerOptions"/>.</summary>
[OptionsValidator]
internal sealed partial class ControllerOptionsValidator : IValidateOptions<ControllerOptions>;
