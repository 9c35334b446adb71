using NetPol.Rendering;
using NetPol.Rendering.Counting;
using NetPol.Hosting;

namespace NetPol.Agent;

/// <summary>What can be set: by flag, by environment (<c>NETPOL_…</c>), or in a file; the first of them counts.</summary>
internal sealed record AgentOptions
{
    /// <summary>The name of the Node object.</summary>
    public required string Node { get; init; }

    /// <summary>Host and port of the controllers.</summary>
    public required string Controller { get; init; }

    /// <summary>The name that the controllers' certificate must have.</summary>
    public string TlsName { get; init; } = "netpol-controller.netpol-system.svc";

    /// <summary>The authorities to trust, PEM; read before every connect.</summary>
    public string AuthoritiesFile { get; init; } = "/var/run/netpol/ca/ca.crt";

    /// <summary>The service-account token; read before every connect.</summary>
    public string TokenFile { get; init; } = "/var/run/netpol/token/token";

    /// <summary>The port of health and state, plain HTTP, on the loopback address only.</summary>
    public int LocalPort { get; init; } = 9445;

    /// <summary>The names of bridge ports that are never limited; a name that ends in <c>*</c> stands for all that begin so.</summary>
    public IReadOnlyList<string> UnlimitedBridgePorts { get; init; } = [];

    /// <summary>The agent is not ready when it has followed no controller for longer than this. Shorter outages do not change its readiness.</summary>
    public TimeSpan UnreadyAfter { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>What the kernel logs.</summary>
    public FlowLogSettings FlowLogs { get; init; } = FlowLogSettings.Default;

    /// <summary>Where flow records go, besides the controller: <see cref="StandardOutput"/>, <see cref="NoOutput"/>, <see cref="CollectorOutput"/>, or a file.</summary>
    public string FlowLogOutput { get; init; } = StandardOutput;

    public const string StandardOutput = "stdout";

    public const string NoOutput = "none";

    public const string CollectorOutput = "otlp";

    public MetricsOptions Metrics { get; init; } = new();

    /// <summary>What the labels of verdicts tell.</summary>
    public SeriesLevel MetricsLevel { get; init; } = SeriesLevel.Rule;

    /// <summary>The series of verdicts that are told apart; the others are summed.</summary>
    public int MaxSeries { get; init; } = 2_000;
}
