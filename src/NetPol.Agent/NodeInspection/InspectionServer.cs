using Grpc.Core;
using NetPol.Agent.Dataplane;
using NetPol.Agent.Infrastructure;
using NetPol.Agent.Sync;
using NetPol.Hosting;
using NetPol.Model;
using NetPol.Model.RuleSets;
using NetPol.Nftables;
using NetPol.Protocol.Conversion;
using NetPol.Protocol.Inspections;
using NetPol.Protocol.Wire;
using NetPol.Rendering;
using NetPol.Rendering.Tracing;

namespace NetPol.Agent.NodeInspection;

/// <summary>Answers what observers ask the controller that is followed about this node.</summary>
internal sealed class InspectionServer(ActiveController link, PacketInspector inspector, TimeProvider time, ILogger<InspectionServer> log) : BackgroundService
{
    private readonly Backoff _backoff = new(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(10));

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (true)
        {
            var connection = await link.WaitAsync().WaitAsync(stoppingToken);
            try
            {
                await ServeAsync(connection, stoppingToken);
            }
            catch (Exception error) when (error is RpcException or IOException or InvalidOperationException or OperationCanceledException)
            {
                stoppingToken.ThrowIfCancellationRequested();
                // The controller is gone, which the follower tells, or knows no inspections.
            }
            catch (Exception error) when (error is not OutOfMemoryException)
            {
                Log.UnexpectedError(log, "to answer a question about this node", error);
            }
            await Task.Delay(_backoff.Next(), time, stoppingToken);
        }
    }

    private async Task ServeAsync(ActiveController.ControllerConnection connection, CancellationToken cancel)
    {
        using var call = connection.Channel.ServeInspections(connection.Token, cancel);
        await call.ResponseHeadersAsync.WaitAsync(cancel);
        _backoff.Reset();
        Log.InspectionReady(log);
        while (await call.ResponseStream.MoveNext(cancel))
            await call.RequestStream.WriteAsync(inspector.Answer(call.ResponseStream.Current), cancel);
    }
}

/// <summary>Tells what the rules in the kernel do with a connection. It looks at what is there, not at what should be.</summary>
/// <param name="node">This node's name.</param>
/// <param name="dataplane">Knows decisions by name.</param>
/// <param name="open">Opens a look at the table.</param>
internal sealed class PacketInspector(string node, NftablesDataplane dataplane, Func<ITableView> open)
{
    private const int Attempts = 5;

    /// <summary>What a controller takes, and room for the id.</summary>
    private const int MaxAnswerBytes = (256 << 10) - 16;

    /// <returns>The answer, or in it why nothing can be told.</returns>
    public InspectionResponse Answer(InspectionRequest question)
    {
        InspectionResponse answer;
        try
        {
            answer = InspectionConversion.Write(Inspect(question));
        }
        catch (Exception error) when (error is ProtocolException or NftablesException or UnknownRuleException)
        {
            answer = new() { Error = error.Message };
        }
        if (answer.CalculateSize() is > MaxAnswerBytes and var size)
            answer = new() { Error = $"the answer has {size} bytes, {MaxAnswerBytes} at most can be told: look at the rules on the node itself (nft list table inet {Renderer.TableName})" };
        answer.Id = question.Id;
        return answer;
    }

    private Inspection Inspect(InspectionRequest question)
    {
        if (!string.Equals(question.Node, node, StringComparison.Ordinal))
            throw new ProtocolException($"this is node {node}");
        var connection = InspectionConversion.Read(question);
        using var view = open();
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            var before = view.ReadGeneration();
            var inspection = Inspect(view, question.ToNode ? Renderer.InputChain : Renderer.ForwardChain, connection);
            if (view.ReadGeneration() == before)
                return inspection;
        }
        throw new ProtocolException($"the rules changed in each of {Attempts} attempts to look at them: ask again");
    }

    private Inspection Inspect(ITableView view, string chain, Connection connection)
    {
        if (view.Rules(chain).Count == 0)
            throw new ProtocolException($"there is no chain {chain} in table inet {Renderer.TableName}: nothing is enforced here");
        var packet = new PacketTracer(view).Trace(chain, connection);
        return new(packet.Passes, packet.Steps.ToValueArray(), packet.Counters.Select(c => Count(view, c)).ToValueArray());
    }

    private Inspection.Count Count(ITableView view, string counter)
    {
        var count = view.Counter(counter) ?? new(counter, 0, 0);
        return ObjectNames.DecisionOf(counter) is { } id
            ? new(id, dataplane.ProgrammedRules?.Decisions.FirstOrDefault(d => d.Id == id)?.ToString() ?? "", count.Packets, count.Bytes)
            : new(null, counter, count.Packets, count.Bytes);
    }
}
