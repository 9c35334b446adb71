using System.Collections.Frozen;
using NetPol.Protocol.Wire;

namespace NetPol.Controller.Access;

/// <summary>The callers that may make a call.</summary>
internal enum CallerRoles
{
    /// <summary>Agents and observers.</summary>
    All,

    /// <summary>Agents.</summary>
    Agents,

    /// <summary>Observers.</summary>
    Observers,
}

/// <summary>The limits of a gRPC call, which apply before its body is read.</summary>
/// <param name="Path">The path of the request.</param>
/// <param name="AllowedCallers">The callers that may make it.</param>
/// <param name="Refusal">The message to other callers.</param>
/// <param name="MaxMessageBytes">The largest message that the caller may send.</param>
internal sealed record CallRule(string Path, CallerRoles AllowedCallers, string Refusal, int MaxMessageBytes)
{
    /// <summary>Bytes of the prefix of a gRPC message.</summary>
    private const int Prefix = 5;

    /// <summary>Whether the call has no end of its own: the caller may send any number of messages, and nothing for hours.</summary>
    public bool IsStream { get; init; }

    /// <summary>Whether the API server reviews the token even if the connection is authenticated.</summary>
    public bool RequiresTokenReview { get; init; }

    /// <summary>The largest body in bytes; null for a stream.</summary>
    public long? MaxBodyBytes => IsStream ? null : MaxMessageBytes + Prefix;
}

/// <summary>All calls that the controller serves.</summary>
internal static class CallRules
{
    /// <summary>An Ack with the kernel's error message.</summary>
    public const int MaxAgentMessageBytes = 64 << 10;

    /// <summary>Agents split their batches at this size: <see cref="Protocol.Flows.FlowConversion.MaxBatchBytes"/>.</summary>
    public const int MaxFlowBytes = Protocol.Flows.FlowConversion.MaxBatchBytes;

    /// <summary>The steps of one packet, and the decisions in words.</summary>
    public const int MaxAnswerBytes = 256 << 10;

    /// <summary>1,024 policies with the longest names, and their counts.</summary>
    public const int MaxNodeStatsBytes = 512 << 10;

    private const int MostAddressesBytes = 8 << 10;
    private const int MostQuestionBytes = 4 << 10;

    public static IReadOnlyList<CallRule> All { get; } =
    [
        new(PathOf(NodeRules.Descriptor, "Sync"), CallerRoles.All, "", MaxAgentMessageBytes) { IsStream = true, RequiresTokenReview = true },
        new(PathOf(FlowRecords.Descriptor, "Report"), CallerRoles.Agents, "an observer has nothing to report", MaxFlowBytes),
        new(PathOf(FlowRecords.Descriptor, "GetOwners"), CallerRoles.All, "", MostAddressesBytes),
        new(PathOf(FlowRecords.Descriptor, "Observe"), CallerRoles.Observers, "an agent sees the connections of its own node only", MostQuestionBytes),
        new(PathOf(Inspections.Descriptor, "Serve"), CallerRoles.Agents, "only a node's agent answers for it", MaxAnswerBytes) { IsStream = true },
        new(PathOf(Inspections.Descriptor, "Ask"), CallerRoles.Observers, "only an observer asks about nodes", MostQuestionBytes),
        new(PathOf(NodeStatsService.Descriptor, "Report"), CallerRoles.Agents, "an observer has nothing to report", MaxNodeStatsBytes),
    ];

    private static FrozenDictionary<string, CallRule> ByPath { get; } = All.ToFrozenDictionary(r => r.Path, StringComparer.Ordinal);

    /// <summary>Null when there is no such call.</summary>
    public static CallRule? Find(string? path) => path is null ? null : ByPath.GetValueOrDefault(path);

    private static string PathOf(Google.Protobuf.Reflection.ServiceDescriptor service, string method) => $"/{service.FullName}/{service.FindMethodByName(method).Name}";
}
