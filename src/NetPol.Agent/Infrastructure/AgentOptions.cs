using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;
using NetPol.Hosting;
using NetPol.Model.Policies;
using NetPol.Rendering;

namespace NetPol.Agent.Infrastructure;

/// <summary>The settings of the agent. Each property has the name of its setting.</summary>
internal sealed record AgentOptions : DaemonOptions
{
    private const int MaxNumber = 1_000_000;

    /// <summary>Describes all settings.</summary>
    public static IReadOnlyList<Setting> Settings { get; } =
    [
        new("node", "The name of this Node [the environment's NODE_NAME]", "NAME", "the name of this Node, or set NODE_NAME"),
        new("controller", "The address of the controllers [the Service netpol-controller, from the pod's environment]", "HOST:PORT", "HOST:PORT of the controllers"),
        new("tls-name", "The DNS name in the controllers' certificate [netpol-controller.netpol-system.svc]", "NAME", "the name in the controllers' certificate"),
        new("ca-file", "The certificate authorities to trust, PEM [/var/run/netpol/ca/ca.crt]", "FILE", "the path of a PEM file"),
        new("token-file", "The service-account token [/var/run/netpol/token/token]", "FILE", "the path of a file with a token"),
        new("local-port", "The port of /healthz, /readyz, /state and /metrics (HTTP), on the loopback address [9445]", "PORT", ExpectedPort),
        new("trusted-bridge-ports", "Bridge ports that may send from any address, with commas between: veths that are uplinks, pods whose addresses the kernel does not have; a * at the end matches any suffix [none]", "NAMES", "names of bridge ports with commas between") { MayBeEmpty = true },
        new("unready-after", "Minutes without a controller until /readyz fails [10]", "MINUTES", "a number of minutes from 1 to 1000000"),
        new("metrics-level", "The labels of verdict metrics: tier, policy or rule [rule]", "LEVEL", "tier, policy or rule") { Choices = ["tier", "policy", "rule"] },
        new("metrics-series", "The maximum number of verdict series; all others are summed into one [2000]", "NUMBER", "a number from 1 to 1000000"),
        new("flow-logs", "Connections that get flow records, besides those that annotations select: none, denied or all [none]", "WHICH", "none, denied or all") { Choices = ["none", "denied", "all"] },
        new("flow-log-output", "Where flow records go, besides the controller: stdout, none, otlp (the collector of --otlp-endpoint), or a file, to which JSON lines are appended [stdout]", "WHERE", "stdout, none, otlp or the path of a file"),
        new("flow-log-rate", $"Logged packets of one decision per second; the burst is five times as large [{FlowLogSettings.Default.PerSecond}]", "NUMBER", "a number from 1 to 1000000"),
        .. CommonSettings,
    ];

    /// <summary>The name of the Node object.</summary>
    [Required]
    public string Node { get; set; } = "";

    /// <summary>Host and port of the controllers.</summary>
    [Required]
    public string Controller { get; set; } = "";

    /// <summary>The name that the controllers' certificate must have.</summary>
    [Required]
    public string TlsName { get; set; } = "netpol-controller.netpol-system.svc";

    /// <summary>The certificate authorities to trust, PEM; read before every connect.</summary>
    [Required]
    public string CaFile { get; set; } = "/var/run/netpol/ca/ca.crt";

    /// <summary>The service-account token; read before every connect.</summary>
    [Required]
    public string TokenFile { get; set; } = "/var/run/netpol/token/token";

    [Range(1, ushort.MaxValue)]
    public override int LocalPort { get; set; } = 9445;

    /// <summary>The names of bridge ports that may send from any address, with commas between. A name that ends in <c>*</c> is a prefix.</summary>
    public string TrustedBridgePorts { get; set; } = "";

    /// <summary>The agent is not ready when it has had no controller for more than this many minutes. Shorter outages do not change its readiness.</summary>
    [Range(1, MaxNumber)]
    public int UnreadyAfter { get; set; } = 10;

    /// <summary>The connections that the kernel logs whatever the annotations say.</summary>
    [EnumDataType(typeof(FlowLogging))]
    public FlowLogging FlowLogs { get; set; }

    /// <summary>The number of logged packets of one decision per second; the burst is five times as large.</summary>
    [Range(1, MaxNumber)]
    public int FlowLogRate { get; set; } = (int)FlowLogSettings.Default.PerSecond;

    /// <summary>Where flow records go, besides the controller: <see cref="StandardOutput"/>, <see cref="NoOutput"/>, <see cref="CollectorOutput"/>, or a file.</summary>
    [Required]
    public string FlowLogOutput { get; set; } = StandardOutput;

    public const string StandardOutput = "stdout";

    public const string NoOutput = "none";

    public const string CollectorOutput = "otlp";

    /// <summary>The labels of verdict counters.</summary>
    [EnumDataType(typeof(SeriesLevel))]
    public SeriesLevel MetricsLevel { get; set; } = SeriesLevel.Rule;

    /// <summary>The maximum number of verdict series; all others are summed into one.</summary>
    [Range(1, MaxNumber)]
    public int MetricsSeries { get; set; } = 2_000;

    /// <summary>What the kernel logs.</summary>
    public FlowLogSettings CreateFlowLogSettings() => FlowLogSettings.Default with { Always = FlowLogs, PerSecond = (uint)FlowLogRate, Burst = 5 * (uint)FlowLogRate };
}

/// <summary>Checks the values of <see cref="AgentOptions"/>.</summary>
[OptionsValidator]
internal sealed partial class AgentOptionsValidator : IValidateOptions<AgentOptions>;
