using System.Text.Json;
using NetPol.Controller.Rules;
using NetPol.Controller.Streaming;
using NetPol.Protocol.State;

namespace NetPol.Controller.Status;

/// <summary>Puts together what there is to tell of the agents.</summary>
internal static class AgentReporting
{
    private const int LongestIsolation = 512;

    /// <param name="states">The agents that follow this replica, by node name.</param>
    /// <param name="book">What they should enforce.</param>
    /// <param name="room">In bytes of JSON.</param>
    /// <returns>Those that there is room for, by node, and the room that is left. Those that do not enforce what is now true go first.</returns>
    public static (IReadOnlyList<AgentReport> Reports, int Room) Report(IReadOnlyList<AgentState> states, RuleBook book, int room)
    {
        var reports = new List<AgentReport>();
        foreach (var report in states.Select(s => Report(s, book)).OrderBy(r => r is { Error: null, IsCurrent: true }))
        {
            var bytes = JsonSerializer.SerializeToUtf8Bytes(report, JsonSerializerOptions.Web).Length + 1;
            if (bytes > room)
                continue;
            reports.Add(report);
            room -= bytes;
        }
        return ([.. reports.OrderBy(r => r.Node, StringComparer.Ordinal)], room);
    }

    private static AgentReport Report(AgentState state, RuleBook book) => new(
        state.Node,
        state.Agent,
        state.ConnectedAt,
        state.Generation,
        state.Enforced is { } enforced && book.Find(state.Node)?.FirstAfter(enforced) is null,
        state.EnforcedAt,
        state.Delay?.TotalSeconds,
        state.Error,
        state.Tally?.Repairs,
        state.Tally?.Cut)
    {
        Isolated = state.Isolated.Count == 0 ? null : state.Isolated.ToDictionary(i => i.Key.ToString(), i => ShortText.Of(IsolationText.Of(i.Value, i.Key.Kind), LongestIsolation), StringComparer.Ordinal),
    };
}
