using System.Text;
using NetPol.Model;
using NetPol.Model.Policies;

namespace NetPol.Compiler.Indexing;

/// <summary>
/// The canonical text of a matcher. Strings from objects carry their length, so different matchers have different texts. The first character is the type.
/// </summary>
internal static class TraitText
{
    private const char Pods = '0';
    private const char Addresses = '1';
    private const char Port = '2';

    public static string Of(PodSelection selection)
    {
        var text = new StringBuilder().Append(Pods);
        if (selection.Namespace is { } name)
            Append(text.Append('='), name);
        else
            Append(text, selection.Namespaces);
        Append(text.Append('/'), selection.Pods);
        return text.ToString();
    }

    public static string Of(Peer.Network network)
    {
        var text = new StringBuilder().Append(Addresses).Append("network ").Append(network.Cidr);
        foreach (var except in network.Except.Distinct().Order())
            text.Append('-').Append(except);
        return text.ToString();
    }

    public static string Of(Peer.Nodes nodes, bool isWide)
    {
        var text = new StringBuilder().Append(Addresses).Append(isWide ? "all of nodes " : "nodes ");
        Append(text, nodes.Selector);
        return text.ToString();
    }

    public static string Of(Protocol protocol, string name, ushort number) => $"{Port}{(byte)protocol} {number:D5} {name}";

    private static void Append(StringBuilder text, LabelSelector selector)
    {
        foreach (var requirement in selector.Requirements)
        {
            Append(text.Append('&').Append(Code(requirement.Operator)), requirement.Key);
            foreach (var value in requirement.Values)
                Append(text.Append(','), value);
        }
    }

    private static char Code(SelectorOperator value) => value switch
    {
        SelectorOperator.In => '0',
        SelectorOperator.NotIn => '1',
        SelectorOperator.Exists => '2',
        SelectorOperator.DoesNotExist => '3',
        _ => throw new ArgumentOutOfRangeException(nameof(value), value, null),
    };

    private static void Append(StringBuilder text, string value) => text.Append(value.Length).Append(':').Append(value);
}
