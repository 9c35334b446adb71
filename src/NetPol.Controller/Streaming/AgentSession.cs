using System.Collections.Immutable;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using NetPol.Controller.Metrics;
using NetPol.Controller.Rules;
using NetPol.Model.Rules;
using NetPol.Protocol;
using NetPol.Protocol.Tallies;
using NetPol.Protocol.Wire;

namespace NetPol.Controller.Streaming;

/// <summary>
/// One stream to the agent of one node. One update is under way at a time: what changes meanwhile goes with the next, so that a slow agent
/// costs no more memory than a fast one.
/// </summary>
internal sealed class AgentSession(string node, string agent, NodePage page, WorkMeter meter, TimeProvider time, ILogger log)
{
    /// <summary>In characters: what an agent says is written where all replicas' reports have to find room.</summary>
    private const int LongestError = 1024;

    private static readonly TimeSpan RetryAfterFailure = TimeSpan.FromSeconds(5);

    private readonly TaskCompletionSource _replaced = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private AgentState _state = new(node, agent, time.GetUtcNow());
    private ulong _generation;

    public AgentState State => Volatile.Read(ref _state);

    /// <summary>Ends the stream, if it has not ended: the node follows by another. Safe for any thread.</summary>
    public void Replace() => _replaced.TrySetResult();

    /// <summary>Takes what the node has counted. Safe for any thread.</summary>
    public void Take(Tally tally) => Change(s => s with { Tally = tally });

    /// <summary>Serves until the agent leaves.</summary>
    /// <exception cref="RpcException">Another stream of the node took over, or the agent broke the protocol.</exception>
    public async Task RunAsync(IAsyncStreamReader<Report> reports, IServerStreamWriter<UpdatePart> updates, CancellationToken cancel)
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

    private async Task ServeAsync(IAsyncStreamReader<Report> reports, IServerStreamWriter<UpdatePart> updates, CancellationToken cancel)
    {
        RuleRevision? enforced = null;
        var next = reports.MoveNext(cancel);
        while (true)
        {
            var sent = await SendAsync(enforced, updates, cancel);
            if (!await next)
                return;
            enforced = Take(reports.Current, sent.To, sent.Head) ? sent.To : null;
            next = reports.MoveNext(cancel);
            var due = enforced is null
                ? Task.WhenAny(page.WhenAfter(sent.To.Number), Task.Delay(RetryAfterFailure, time, cancel))
                : page.WhenAfter(sent.To.Number);
            if (await Task.WhenAny(due, next) == next)
            {
                if (await next)
                    throw Broken("a report came though no update was under way");
                return;
            }
        }
    }

    private async Task<(RuleRevision To, UpdateHead Head)> SendAsync(RuleRevision? enforced, IServerStreamWriter<UpdatePart> updates, CancellationToken cancel)
    {
        var (to, delta, causedAt) = Update(enforced);
        var head = new UpdateHead(_generation + 1, enforced is null ? 0 : _generation, causedAt);
        _generation = head.Generation;
        long bytes = 0;
        foreach (var part in UpdateWriter.Write(head, delta))
        {
            await updates.WriteAsync(part, cancel);
            bytes += part.CalculateSize();
        }
        meter.Sent(head.IsSnapshot, bytes);
        return (to, head);
    }

    private (RuleRevision To, NodeRuleSetDelta Delta, DateTimeOffset? CausedAt) Update(RuleRevision? enforced)
    {
        if (enforced is not null)
            return page.Since(enforced);
        var current = page.Current;
        return (current, NodeRuleSetDelta.Between(NodeRuleSet.EmptyFor(node), current.Rules), null);
    }

    private bool Take(Report report, RuleRevision sent, UpdateHead head)
    {
        if (report.Ack is not { } ack)
            throw Broken("an Ack was due");
        if (ack.Generation != head.Generation)
            throw Broken($"an Ack of generation {ack.Generation} came for {head.Generation}");
        switch (ack.Result)
        {
            case Ack.Types.Result.Applied:
                var at = ack.EnforcedAt is { } told ? Time(told) : time.GetUtcNow();
                Change(s => s with
                {
                    Generation = ack.Generation,
                    Enforced = sent.Number,
                    EnforcedAt = at,
                    Delay = head.CausedAt is { } caused ? Between(caused, at) : s.Delay,
                    Error = null,
                });
                return true;
            case Ack.Types.Result.Failed:
                var error = ShortText.Of(ack.Error, LongestError);
                Log.UpdateFailed(log, node, ack.Generation, error);
                Change(s => s with { Error = error });
                return false;
            default:
                throw Broken($"an Ack has the result {ack.Result}");
        }
    }

    private static DateTimeOffset Time(Timestamp told)
    {
        try
        {
            return WireTime.Read(told);
        }
        catch (ProtocolException error)
        {
            throw Broken(error.Message);
        }
    }

    /// <summary>By two clocks: where they differ by more than the time that passed, it was none.</summary>
    private static TimeSpan Between(DateTimeOffset caused, DateTimeOffset enforced) => enforced > caused ? enforced - caused : TimeSpan.Zero;

    private void Change(Func<AgentState, AgentState> change) => ImmutableInterlocked.Update(ref _state, change);

    private static RpcException Broken(string what) => new(new(StatusCode.InvalidArgument, what));
}
