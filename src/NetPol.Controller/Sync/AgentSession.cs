using System.Collections.Immutable;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using NetPol.Controller.Infrastructure;
using NetPol.Controller.Metrics;
using NetPol.Controller.RuleSets;
using NetPol.Model.Policies;
using NetPol.Model.RuleSets;
using NetPol.Protocol.Conversion;
using NetPol.Protocol.RuleSets;
using NetPol.Protocol.Stats;
using NetPol.Protocol.Wire;

namespace NetPol.Controller.Sync;

/// <summary>
/// One stream to the agent of one node. One update is in progress at a time: later changes are part of the next update, so that a slow agent
/// needs no more memory than a fast one.
/// </summary>
internal sealed class AgentSession(string node, string agent, NodeRuleSetHistory history, ControllerMetrics meter, TimeProvider time, ILogger log)
{
    /// <summary>Writes an update in parts; throws when the update cannot be encoded.</summary>
    public Func<UpdateHeader, NodeRuleSetDelta, IEnumerable<UpdatePart>> Encode { get; init; } = UpdateWriter.Write;

    /// <summary>Whether a rejected update isolates policies on the node. An observer's rejection does not.</summary>
    public bool IsAgent { get; init; } = true;

    /// <summary>In characters: the reports of all replicas contain the errors of agents and must fit into one ConfigMap.</summary>
    private const int LongestError = 1024;

    /// <summary>An update that weighs no more is sent whole, see <see cref="DeltaSplitter"/>: a kernel takes some 10 ms for that. Changes that come in the meantime are sent before the next part of a larger one.</summary>
    private const int MaxWholeWeight = 1024;

    /// <summary>The number of parts of a change, unless its groups are heavier: each part costs a pass over the rules of the node.</summary>
    private const int MostParts = 16;

    private static readonly TimeSpan RetryAfterFailure = TimeSpan.FromSeconds(5);

    private readonly TaskCompletionSource _replaced = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ConnectedAgent _state = new(node, agent, time.GetUtcNow());
    private readonly HashSet<(PolicyId, PolicyIsolation)> _reportedIsolated = [];
    private bool _isPart;
    private DateTimeOffset? _causedAt;
    private ulong _generation;

    public ConnectedAgent State => Volatile.Read(ref _state);

    /// <summary>Ends the stream, if it has not ended: the node has a newer one. Safe for any thread.</summary>
    public void MarkReplaced() => _replaced.TrySetResult();

    /// <summary>Stores the counts of the node. Safe for any thread.</summary>
    public void UpdateStats(NodeStats nodeStats) => UpdateState(s => s with { Stats = nodeStats });

    /// <summary>Serves until the agent disconnects.</summary>
    /// <exception cref="RpcException">Another stream of the node took over, or the agent broke the protocol.</exception>
    public async Task RunAsync(IAsyncStreamReader<AgentMessage> reports, IServerStreamWriter<UpdatePart> updates, CancellationToken cancel)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var serving = ServeAsync(reports, updates, end.Token);
        if (await Task.WhenAny(serving, _replaced.Task) != serving)
        {
            await end.CancelAsync();
            await serving.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            throw new RpcException(new(StatusCode.Aborted, $"a newer stream of node {node} took over"));
        }
        await serving;
    }

    private async Task ServeAsync(IAsyncStreamReader<AgentMessage> reports, IServerStreamWriter<UpdatePart> updates, CancellationToken cancel)
    {
        RuleSetVersion? enforced = null;
        var next = reports.MoveNext(cancel);
        while (true)
        {
            var (number, wasSearching) = (history.Current.Version, history.Isolation.IsSearching);
            if (await SendAsync(enforced, updates, cancel) is { } sent)
            {
                if (!await next)
                    return;
                // Reading on replaces the current report.
                var report = reports.Current;
                next = reports.MoveNext(cancel);
                enforced = UpdateStats(report, sent) ? sent.To : null;
            }
            else
            {
                enforced = null;
            }
            // The next trial, or the result of the search, is sent at once.
            if (IsAgent && (history.Isolation.IsSearching || (wasSearching && enforced is null && history.Isolation.Isolated.Count > 0)))
                continue;
            if (_isPart && enforced is not null)
                continue;
            var due = enforced is null
                ? Task.WhenAny(history.WaitForVersionAfterAsync(number), Task.Delay(RetryAfterFailure, time, cancel))
                : history.WaitForVersionAfterAsync(number);
            if (await Task.WhenAny(due, next) == next)
            {
                if (await next)
                    throw Broken("a report came though no update was in progress");
                return;
            }
        }
    }

    /// <returns>Null when the update could not be made or encoded; nothing of it was sent then.</returns>
    private async Task<Sent?> SendAsync(RuleSetVersion? enforced, IServerStreamWriter<UpdatePart> updates, CancellationToken cancel)
    {
        NodeRuleSetDelta? change = null;
        IEnumerator<UpdatePart>? parts = null;
        try
        {
            (var to, change, var causedAt) = NextPart(enforced, NextUpdate(enforced));
            var head = new UpdateHeader(_generation + 1, enforced is null ? 0 : _generation, causedAt);
            // A trial is encoded completely before its first part is sent: an update that fails in the middle ends the stream.
            if (history.Isolation.IsSearching)
                _ = Encode(head, change).Count();
            parts = Encode(head, change).GetEnumerator();
            if (!parts.MoveNext())
                throw new InvalidOperationException("an update has no parts");
            _generation = head.Generation;
            return await SendAsync(new(to, head, change), parts, updates, cancel);
        }
        catch (Exception error) when (error is not (OutOfMemoryException or OperationCanceledException or RpcException or IOException))
        {
            NotEncoded(error, change);
            return null;
        }
        finally
        {
            parts?.Dispose();
        }
    }

    private async Task<Sent> SendAsync(Sent sent, IEnumerator<UpdatePart> parts, IServerStreamWriter<UpdatePart> updates, CancellationToken cancel)
    {
        long bytes = 0;
        bool more;
        do
        {
            parts.Current.TakesAddresses = true;
            await updates.WriteAsync(parts.Current, cancel);
            bytes += parts.Current.CalculateSize();
            try
            {
                more = parts.MoveNext();
            }
            catch (Exception error) when (error is not OutOfMemoryException)
            {
                NotEncoded(error, sent.Change);
                throw new RpcException(new(StatusCode.Aborted, $"an update for node {node} could not be encoded: connect again"));
            }
        }
        while (more);
        meter.CountUpdate(sent.Head.IsSnapshot, bytes);
        return sent;
    }

    private void NotEncoded(Exception error, NodeRuleSetDelta? change)
    {
        Log.UpdateNotEncodable(log, node, error);
        Refused($"the update cannot be encoded: {error.Message}", change);
    }

    private void Refused(string error, NodeRuleSetDelta? change)
    {
        UpdateState(s => s with { Error = error });
        if (!IsAgent)
            return;
        history.Isolation.OnRejected(error, change);
        ReportIsolated();
    }

    private void ReportIsolated()
    {
        UpdateState(s => s with { Isolated = history.Isolation.Isolated });
        foreach (var (policy, isolation) in history.Isolation.Isolated.Where(p => _reportedIsolated.Add((p.Key, p.Value))))
            Log.PolicyIsolated(log, policy.ToString(), isolation.Reason);
    }

    private (RuleSetVersion To, NodeRuleSetDelta Delta, DateTimeOffset? CausedAt) NextUpdate(RuleSetVersion? enforced)
    {
        // Read the version first: rules newer than it are sent again, older ones never.
        var current = history.Current;
        if (history.Isolation.Rules() is { } isolated)
        {
            current = new(current.Version, new(isolated)) { IsNodeSpecific = true };
            ReportIsolated();
        }
        else if (enforced is { IsNodeSpecific: false })
            return history.GetChangesSince(enforced);
        return (current, NodeRuleSetDelta.Between(enforced?.Rules ?? NodeRuleSet.CreateEmpty(node), current.Rules), null);
    }

    /// <summary>
    /// Returns the first part of a large change. A snapshot is not split, because the agent compares it with its table. A trial is not split, because the node accepts or rejects it as a whole.
    /// </summary>
    private (RuleSetVersion To, NodeRuleSetDelta Delta, DateTimeOffset? CausedAt) NextPart(RuleSetVersion? enforced, (RuleSetVersion To, NodeRuleSetDelta Delta, DateTimeOffset? CausedAt) whole)
    {
        var cause = whole.CausedAt ?? (_isPart ? _causedAt : null);
        (_isPart, _causedAt) = (false, cause);
        var weight = DeltaSplitter.Weigh(whole.Delta);
        if (!IsAgent || enforced is null || history.Isolation.IsSearching || weight <= MaxWholeWeight)
            return (whole.To, whole.Delta, cause);
        var part = DeltaSplitter.TakeFirst(enforced.Rules, whole.Delta, Math.Max(MaxWholeWeight, weight / MostParts));
        _isPart = part != whole.Delta;
        return _isPart ? (new(enforced.Version, new(part.Apply(enforced.Rules))) { IsNodeSpecific = true }, part, null) : (whole.To, whole.Delta, cause);
    }

    private bool UpdateStats(AgentMessage report, Sent sent)
    {
        var head = sent.Head;
        if (report.Ack is not { } ack)
            throw Broken("an Ack was due");
        if (ack.Generation != head.Generation)
            throw Broken($"an Ack of generation {ack.Generation} came for {head.Generation}");
        switch (ack.Result)
        {
            case Ack.Types.Result.Applied:
                var at = ack.EnforcedAt is { } reported ? Time(reported) : time.GetUtcNow();
                UpdateState(s => s with
                {
                    Generation = ack.Generation,
                    ProgrammedVersion = sent.To.Version,
                    ProgrammedAt = at,
                    Delay = head.CausedAt is { } caused ? Between(caused, at) : s.Delay,
                    Error = null,
                });
                if (IsAgent)
                    history.Isolation.OnAccepted();
                return true;
            case Ack.Types.Result.Failed:
                var error = TextLimit.Truncate(ack.Error, LongestError);
                Log.UpdateFailed(log, node, ack.Generation, error);
                Refused(error, sent.Change);
                return false;
            default:
                throw Broken($"an Ack has the result {ack.Result}");
        }
    }

    private static DateTimeOffset Time(Timestamp reported)
    {
        try
        {
            return TimeConversion.Read(reported);
        }
        catch (ProtocolException error)
        {
            throw Broken(error.Message);
        }
    }

    /// <summary>The times are of two clocks: returns zero when the second is before the first.</summary>
    private static TimeSpan Between(DateTimeOffset caused, DateTimeOffset enforced) => enforced > caused ? enforced - caused : TimeSpan.Zero;

    private void UpdateState(Func<ConnectedAgent, ConnectedAgent> change) => ImmutableInterlocked.Update(ref _state, change);

    private sealed record Sent(RuleSetVersion To, UpdateHeader Head, NodeRuleSetDelta Change);

    private static RpcException Broken(string what) => new(new(StatusCode.InvalidArgument, what));
}
