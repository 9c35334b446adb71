using System.Collections.Frozen;
using NetPol.Protocol.Wire;

namespace NetPol.Controller.Access;

/// <summary>Who may make a call.</summary>
internal enum Callers
{
    /// <summary>Agents and observers.</summary>
    All,

    /// <summary>Agents.</summary>
    Agents,

    /// <summary>Observers.</summary>
    Observers,
}

/// <summary>What is known of a gRPC call before its body is read.</summary>
/// <param name="Path">The path of the request.</param>
/// <param name="From">Who may make it.</param>
/// <param name="Refusal">Why others may not.</param>
/// <param name="MostBytes">How large a message of the caller may be.</param>
internal sealed record CallRule(string Path, Callers From, string Refusal, int MostBytes)
{
    /// <summary>The prefix of a gRPC message.</summary>
    private const int Prefix = 5;

    /// <summary>Whether the caller sends messages as long as it likes, and may be silent for hours.</summary>
    public bool IsStream { get; init; }

    /// <summary>Whether the API server is asked about the token though it was proven on the connection before.</summary>
    public bool ProvesAnew { get; init; }

    /// <summary>How large a body may be; null for a stream.</summary>
    public long? MostBodyBytes => IsStream ? null : MostBytes + Prefix;
}

/// <summary>The calls that the controller serves. What is not here is not served.</summary>
internal static class CallRules
{
    /// <summary>An Ack, with what the kernel said.</summary>
    public const int MostReportBytes = 64 << 10;

    /// <summary>Agents cut their batches to this: <see cref="Protocol.Flows.WireFlows.MostBytes"/>.</summary>
    public const int MostFlowBytes = Protocol.Flows.WireFlows.MostBytes;

    /// <summary>The steps of one packet, and the decisions in words.</summary>
    public const int MostAnswerBytes = 256 << 10;

    /// <summary>1,024 policies with the longest names, and their counts.</summary>
    public const int MostTallyBytes = 512 << 10;

    private const int MostAddressesBytes = 8 << 10;
    private const int MostQuestionBytes = 4 << 10;

    public static IReadOnlyList<CallRule> All { get; } =
    [
        new(PathOf(NodeRules.Descriptor, "Follow"), Callers.All, "", MostReportBytes) { IsStream = true, ProvesAnew = true },
        new(PathOf(FlowRecords.Descriptor, "Report"), Callers.Agents, "an observer has nothing to report", MostFlowBytes),
        new(PathOf(FlowRecords.Descriptor, "Name"), Callers.All, "", MostAddressesBytes),
        new(PathOf(FlowRecords.Descriptor, "Observe"), Callers.Observers, "an agent sees the connections of its own node only", MostQuestionBytes),
        new(PathOf(Inspections.Descriptor, "Serve"), Callers.Agents, "only a node's agent answers for it", MostAnswerBytes) { IsStream = true },
        new(PathOf(Inspections.Descriptor, "Ask"), Callers.Observers, "only an observer asks about nodes", MostQuestionBytes),
        new(PathOf(Tallies.Descriptor, "Report"), Callers.Agents, "an observer has nothing to report", MostTallyBytes),
    ];

    private static FrozenDictionary<string, CallRule> ByPath { get; } = All.ToFrozenDictionary(r => r.Path, StringComparer.Ordinal);

    /// <summary>Null when there is no such call.</summary>
    public static CallRule? Find(string? path) => path is null ? null : ByPath.GetValueOrDefault(path);

    private static string PathOf(Google.Protobuf.Reflection.ServiceDescriptor service, string method) => $"/{service.FullName}/{service.FindMethodByName(method).Name}";
}
