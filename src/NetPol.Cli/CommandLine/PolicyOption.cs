using System.CommandLine;
using NetPol.Cli.Inputs;
using NetPol.Model.Cluster;
using NetPol.Model.Policies;

namespace NetPol.Cli.CommandLine;

/// <summary><c>--without</c>: policies by kind and name, as kubectl has them.</summary>
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

    public static Option<PolicyId[]> Create(WorldOptions options)
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

    /// <summary>The policies, those of a kind with namespaces that name none in the one of <paramref name="manifests"/>.</summary>
    public static PolicyId[] Qualified(PolicyId[] policies, Manifests manifests) => Array.ConvertAll(
        policies, p => p is { Kind: PolicyKind.NetworkPolicy, Namespace: "" } ? new(p.Kind, manifests.DefaultNamespace, p.Name) : p);

    /// <exception cref="CommandException">The world does not have one of the policies.</exception>
    public static void Require(ClusterSnapshot world, IEnumerable<PolicyId> policies)
    {
        var known = world.Policies.Select(p => p.Id).ToHashSet();
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
