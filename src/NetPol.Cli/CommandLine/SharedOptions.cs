using System.CommandLine;
using System.CommandLine.Parsing;
using NetPol.Cli.Connections;
using NetPol.Cli.Infrastructure;
using NetPol.Cli.Input;
using NetPol.Model.Cluster;
using NetPol.Model.Net;
using NetPol.Model.Policies;

namespace NetPol.Cli.CommandLine;

/// <summary>Creates the options that several commands share, so that they have the same name, syntax and description everywhere.</summary>
internal static class SharedOptions
{
    public static Option<string[]> Files()
    {
        var option = Files("--filename", "YAML or JSON files, or folders (read recursively); - is standard input.");
        option.Aliases.Add("-f");
        return option;
    }

    public static Option<string[]> Files(string name, string description)
    {
        var option = new Option<string[]>(name)
        {
            Description = description,
            HelpName = "PATH",
            Arity = ArgumentArity.OneOrMore,
            AllowMultipleArgumentsPerToken = true,
        };
        // The parser takes every word after a path as another path, even a misspelled option.
        option.Validators.Add(result =>
        {
            foreach (var token in result.Tokens.Where(t => t.Value is ['-', _, ..]))
                result.AddError($"{token.Value}: there is no such option; write ./{token.Value} if a file is called so");
        });
        return option;
    }

    /// <param name="formats">The accepted formats; the first is the default.</param>
    public static Option<OutputFormat> Output(params OutputFormat[] formats)
    {
        var option = Choice("--output", $"Output format: {string.Join(", ", formats.Select(f => f.ToString().ToLowerInvariant()))} (default: {formats[0].ToString().ToLowerInvariant()}).", formats);
        option.HelpName = "FORMAT";
        option.Aliases.Add("-o");
        return option;
    }

    /// <summary>Creates an option that accepts one of the given values, in lower case.</summary>
    /// <param name="name">The option's name.</param>
    /// <param name="description">The description for the help.</param>
    /// <param name="values">The accepted values; the first is the default.</param>
    public static Option<T> Choice<T>(string name, string description, params T[] values)
        where T : struct, Enum
    {
        var names = Array.ConvertAll(values, v => v.ToString().ToLowerInvariant());
        var option = new Option<T>(name)
        {
            Description = description,
            HelpName = string.Join('|', names),
            DefaultValueFactory = _ => values[0],
            CustomParser = result =>
            {
                var place = Array.IndexOf(names, result.Tokens[0].Value);
                if (place >= 0)
                    return values[place];
                result.AddError($"{((OptionResult)result.Parent!).IdentifierToken} {result.Tokens[0].Value}: write {string.Join(" or ", names)}");
                return default;
            },
        };
        option.CompletionSources.Clear();
        option.CompletionSources.Add(names);
        return option;
    }

    public static Option<DestinationPort[]> Ports(string description) => new("--port", "-p")
    {
        Description = description,
        HelpName = "PORT",
        Arity = ArgumentArity.OneOrMore,
        CustomParser = result => ParseEach<DestinationPort>(result, DestinationPort.TryParse, $"write {DestinationPort.Syntax}"),
    };

    public static Option<IpAddress[]> Addresses() => new("--address", "-a")
    {
        Description = "More addresses: outside the cluster, of a node, or of a Service.",
        HelpName = "IP",
        Arity = ArgumentArity.OneOrMore,
        CustomParser = result => ParseEach<IpAddress>(result, IpAddress.TryParse, "write an IPv4 or IPv6 address, such as 192.0.2.7"),
    };

    public static Option<int?> Nodes()
    {
        var option = new Option<int?>("--nodes")
        {
            Description = "Minimum number of nodes, for pods without a node (default: 2).",
            HelpName = "N",
        };
        option.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && result.Tokens[0].Value is var text && (!int.TryParse(text, out var count) || count is < 1 or > 250))
                result.AddError($"--nodes {text}: write a number from 1 to 250");
        });
        return option;
    }

    private delegate bool TryParse<T>(string text, out T value);

    private static T[] ParseEach<T>(ArgumentResult result, TryParse<T> tryParse, string hint)
    {
        var values = new List<T>();
        foreach (var token in result.Tokens)
        {
            if (tryParse(token.Value, out var value))
                values.Add(value);
            else
                result.AddError($"{((OptionResult)result.Parent!).Option.Name} {token.Value}: {hint}");
        }
        return [.. values];
    }
}

/// <summary><c>--node</c>: the name of a node.</summary>
internal static class NodeOption
{
    /// <param name="description">The description for the help.</param>
    /// <param name="required">Whether the command requires the option.</param>
    /// <param name="names">Returns the node names for completion.</param>
    public static Option<string> Create(string description, bool required, Func<ParseResult, IEnumerable<string>> names)
    {
        var option = new Option<string>("--node") { Description = description, HelpName = "NODE", Required = required };
        option.CompletionSources.Add(completion => names(completion.ParseResult));
        return option;
    }

    /// <summary>Returns the given name if the cluster has such a node.</summary>
    /// <exception cref="CommandException">The cluster has no such node.</exception>
    public static string Existing(ClusterSnapshot cluster, string name) => cluster.Nodes.Any(n => string.Equals(n.Name, name, StringComparison.Ordinal))
        ? name
        : throw new CommandException($"--node {name}: there is no such node; write one of {string.Join(", ", cluster.Nodes.Select(n => n.Name))}");
}

/// <summary><c>--without</c>: policies by kind and name, in the syntax of kubectl.</summary>
internal static class PolicyOption
{
    private const int Suggestions = 8;

    private static readonly Dictionary<string, PolicyKind> Kinds = new(StringComparer.OrdinalIgnoreCase)
    {
        ["NetworkPolicy"] = PolicyKind.NetworkPolicy,
        ["netpol"] = PolicyKind.NetworkPolicy,
        ["AdminNetworkPolicy"] = PolicyKind.AdminNetworkPolicy,
        ["anp"] = PolicyKind.AdminNetworkPolicy,
        ["BaselineAdminNetworkPolicy"] = PolicyKind.BaselineAdminNetworkPolicy,
        ["banp"] = PolicyKind.BaselineAdminNetworkPolicy,
        ["ClusterNetworkPolicy"] = PolicyKind.ClusterNetworkPolicy,
        ["cnp"] = PolicyKind.ClusterNetworkPolicy,
    };

    public static Option<PolicyId[]> Create(InputOptions options)
    {
        var option = Create();
        option.CompletionSources.Add(completion => NameCompletion.Policies(() => options.Read(completion.ParseResult)));
        return option;
    }

    private static Option<PolicyId[]> Create() => new("--without")
    {
        Description = "Policies to delete: cnp/NAME or networkpolicy/NAMESPACE/NAME.",
        HelpName = "KIND/NAME",
        Arity = ArgumentArity.OneOrMore,
        CustomParser = result =>
        {
            var found = new List<PolicyId>();
            foreach (var token in result.Tokens)
            {
                if (Parse(token.Value) is { } id)
                    found.Add(id);
                else
                    result.AddError($"--without {token.Value}: write networkpolicy/NAMESPACE/NAME, or adminnetworkpolicy, baselineadminnetworkpolicy or clusternetworkpolicy, a slash and NAME");
            }
            return [.. found];
        },
    };

    /// <summary>Returns the policies with their namespaces. A NetworkPolicy without one gets the default namespace of <paramref name="manifests"/>.</summary>
    public static PolicyId[] Qualified(PolicyId[] policies, ManifestSource manifests) => Array.ConvertAll(
        policies, p => p is { Kind: PolicyKind.NetworkPolicy, Namespace: "" } ? new(p.Kind, manifests.DefaultNamespace, p.Name) : p);

    /// <exception cref="CommandException">The cluster lacks one of the policies.</exception>
    public static void Require(ClusterSnapshot cluster, IEnumerable<PolicyId> policies)
    {
        var known = cluster.Policies.Select(p => p.Id).ToHashSet();
        foreach (var missing in policies.Where(p => !known.Contains(p)))
        {
            var names = known.OrderBy(k => k.Kind != missing.Kind).ThenBy(k => !string.Equals(k.Namespace, missing.Namespace, StringComparison.Ordinal)).ThenBy(k => k)
                .Take(Suggestions).Select(Text);
            throw new CommandException($"--without {Text(missing)}: there is no such policy{(known.Count == 0 ? "" : $"; write one of {string.Join(", ", names)}")}");
        }
    }

    public static string Text(PolicyId id) => $"{id.Kind.ToString().ToLowerInvariant()}/{id.QualifiedName}";

    private static PolicyId? Parse(string text) => text.Split('/') switch
    {
        [var kind, { Length: > 0 } space, { Length: > 0 } name] when Kinds.TryGetValue(kind, out var found) && found == PolicyKind.NetworkPolicy => new(found, space, name),
        [var kind, { Length: > 0 } name] when Kinds.TryGetValue(kind, out var found) => new(found, "", name),
        _ => null,
    };
}
