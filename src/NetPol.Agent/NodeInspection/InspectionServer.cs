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

/// <summary>Answers inspection requests about this node, which observers send through the connected controller.</summary>
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
                // The connection ended, which RuleSetClient logs, or the controller supports no inspections.
            }
            catch (Exception error) when (error is not OutOfMemoryException)
            {
                Log.UnexpectedError(log, "to answer an inspection request", error);
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

/// <summary>Traces a connection through the rules in the kernel. It reads the actual table, not the wanted one.</summary>
/// <param name="node">This node's name.</param>
/// <param name="dataplane">Has the decisions of the programmed rules.</param>
/// <param name="open">Opens a view of the table.</param>
internal sealed class PacketInspector(string node, NftablesDataplane dataplane, Func<ITableView> open)
{
    private const int Attempts = 5;

    /// <summary>The controller's limit, less room for the id.</summary>
    private const int MaxAnswerBytes = (256 << 10) - 16;

    /// <returns>The answer; if there is none, it has the error.</returns>
    public InspectionResponse Answer(InspectionRequest request)
    {
        InspectionResponse answer;
        try
        {
            answer = InspectionConversion.Write(Inspect(request));
        }
        catch (Exception error) when (error is ProtocolException or NftablesException or UnknownRuleException)
        {
            answer = new() { Error = error.Message };
        }
        if (answer.CalculateSize() is > MaxAnswerBytes and var size)
            answer = new() { Error = $"the answer has {size} bytes, the limit is {MaxAnswerBytes}: read the rules on the node itself (nft list table inet {Renderer.TableName})" };
        answer.Id = request.Id;
        return answer;
    }

    private Inspection Inspect(InspectionRequest request)
    {
        if (!string.Equals(request.Node, node, StringComparison.Ordinal))
            throw new ProtocolException($"this is node {node}");
        var connection = InspectionConversion.Read(request);
        using var view = open();
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            var before = view.ReadGeneration();
            var inspection = Inspect(view, request.ToNode ? Renderer.InputChain : Renderer.ForwardChain, connection);
            if (view.ReadGeneration() == before)
                return inspection;
        }
        throw new ProtocolException($"the rules changed in each of {Attempts} attempts to read them: try again");
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
