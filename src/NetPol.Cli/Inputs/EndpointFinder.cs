using NetPol.Cli.Matrices;
using NetPol.Model;
using NetPol.Model.Cluster;

namespace NetPol.Cli.Inputs;

/// <summary>Finds what a person names as an end of a connection.</summary>
internal static class EndpointFinder
{
    private const int Suggestions = 8;

    /// <summary>The name with its namespace, as kubectl completes it: a pod, or <c>svc/name</c> where no namespace <c>svc</c> has such a pod.</summary>
    /// <param name="world">A complete world.</param>
    /// <param name="text">An address, or a name with or without a namespace.</param>
    /// <param name="manifests">Says the namespace.</param>
    public static string Qualified(ClusterSnapshot world, string text, Manifests manifests) => text.Split('/') switch
    {
        [_] when !IpAddress.TryParse(text, out IpAddress _) => $"{manifests.DefaultNamespace}/{text}",
        ["svc" or "service", var name] when !world.Pods.Any(p => string.Equals(p.Id.ToString(), text, StringComparison.Ordinal)) => $"svc/{manifests.DefaultNamespace}/{name}",
        _ => text,
    };

    /// <summary>The pod of that name, the pod with that address, or the bare address.</summary>
    /// <param name="world">A complete world.</param>
    /// <param name="option">The option's name, for the message.</param>
    /// <param name="text"><c>namespace/pod</c> or an IP address.</param>
    /// <exception cref="CommandException">It is neither, there is no such pod, or the pod has no address.</exception>
    public static Endpoint Find(ClusterSnapshot world, string option, string text)
    {
        if (IpAddress.TryParse(text, out var address))
            return world.Pods.FirstOrDefault(p => p.IsSelectable && p.Addresses.Contains(address)) is { } owner
                ? new(owner.Id.ToString(), owner, [address])
                : Endpoint.Of(address);
        var pod = world.Pods.FirstOrDefault(p => string.Equals(p.Id.ToString(), text, StringComparison.Ordinal))
            ?? throw new CommandException($"{option} {text}: {Unknown(world, text)}");
        return pod.Addresses.IsEmpty
            ? throw new CommandException($"{option} {text}: the pod has finished and has no address")
            : Endpoint.Of(pod);
    }

    private static string Unknown(ClusterSnapshot world, string text)
    {
        var name = text[(text.IndexOf('/', StringComparison.Ordinal) + 1)..];
        var similar = world.Pods.Select(p => p.Id).Where(id => id.Name.Contains(name, StringComparison.Ordinal) || text.StartsWith($"{id.Namespace}/", StringComparison.Ordinal)).ToList();
        var shown = (similar.Count > 0 ? similar : [.. world.Pods.Select(p => p.Id)]).Take(Suggestions);
        return $"there is no such pod; write namespace/pod, such as {string.Join(", ", shown)}, or an IP address";
    }
}
