using System.CommandLine;
using NetPol.Model.Cluster;

namespace NetPol.Cli.CommandLine;

/// <summary><c>--node</c>: one node by name.</summary>
internal static class NodeOption
{
    /// <param name="description">For the help.</param>
    /// <param name="required">Whether the command needs it.</param>
    /// <param name="names">The nodes that complete it.</param>
    public static Option<string> Create(string description, bool required, Func<ParseResult, IEnumerable<string>> names)
    {
        var option = new Option<string>("--node") { Description = description, HelpName = "NODE", Required = required };
        option.CompletionSources.Add(completion => names(completion.ParseResult));
        return option;
    }

    /// <summary>The name as given.</summary>
    /// <exception cref="CommandException">The world has no such node.</exception>
    public static string Existing(ClusterSnapshot world, string name) => world.Nodes.Any(n => string.Equals(n.Name, name, StringComparison.Ordinal))
        ? name
        : throw new CommandException($"--node {name}: there is no such node; write one of {string.Join(", ", world.Nodes.Select(n => n.Name))}");
}
