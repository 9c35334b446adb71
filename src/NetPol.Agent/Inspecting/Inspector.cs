using NetPol.Agent.Enforcing;
using NetPol.Model;
using NetPol.Model.Rules;
using NetPol.Nftables;
using NetPol.Protocol;
using NetPol.Protocol.Inspections;
using NetPol.Protocol.Wire;
using NetPol.Rendering;
using NetPol.Rendering.Tracing;

namespace NetPol.Agent.Inspecting;

/// <summary>Tells what the rules in the kernel do with a connection. It looks at what is there, not at what should be.</summary>
/// <param name="node">This node's name.</param>
/// <param name="enforcer">Knows decisions by name.</param>
/// <param name="open">Opens a look at the table.</param>
internal sealed class Inspector(string node, Enforcer enforcer, Func<ITableView> open)
{
    private const int Attempts = 5;

    /// <summary>What a controller takes, and room for the id.</summary>
    private const int MostBytes = (256 << 10) - 16;

    /// <returns>The answer, or in it why nothing can be told.</returns>
    public Answer Answer(Question question)
    {
        Answer answer;
        try
        {
            answer = WireInspections.Write(Look(question));
        }
        catch (Exception error) when (error is ProtocolException or NftablesException or UnknownRuleException)
        {
            answer = new() { Error = error.Message };
        }
        if (answer.CalculateSize() is > MostBytes and var size)
            answer = new() { Error = $"the answer has {size} bytes, {MostBytes} at most can be told: look at the rules on the node itself (nft list table inet {Renderer.TableName})" };
        answer.Id = question.Id;
        return answer;
    }

    private Inspection Look(Question question)
    {
        if (!string.Equals(question.Node, node, StringComparison.Ordinal))
            throw new ProtocolException($"this is node {node}");
        var connection = WireInspections.Read(question);
        using var view = open();
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            var before = view.ReadGeneration();
            var inspection = Look(view, question.ToNode ? Renderer.InputChain : Renderer.ForwardChain, connection);
            if (view.ReadGeneration() == before)
                return inspection;
        }
        throw new ProtocolException($"the rules changed in each of {Attempts} attempts to look at them: ask again");
    }

    private Inspection Look(ITableView view, string chain, Connection connection)
    {
        if (view.Rules(chain).Count == 0)
            throw new ProtocolException($"there is no chain {chain} in table inet {Renderer.TableName}: nothing is enforced here");
        var packet = new PacketTracer(view).Trace(chain, connection);
        return new(packet.Passes, packet.Steps.ToValueArray(), packet.Counters.Select(c => Count(view, c)).ToValueArray());
    }

    private Inspection.Count Count(ITableView view, string counter)
    {
        var count = view.Counter(counter) ?? new(counter, 0, 0);
        return Names.DecisionOf(counter) is { } id
            ? new(id, enforcer.Rules?.Decisions.FirstOrDefault(d => d.Id == id)?.ToString() ?? "", count.Packets, count.Bytes)
            : new(null, counter, count.Packets, count.Bytes);
    }
}
