using NetPol.Cli.CommandLine;
using NetPol.Cli.Matrices;
using NetPol.Model;

namespace NetPol.Cli.Services;

/// <summary>A pod or an address behind a Service, and the port on which a connection reaches it.</summary>
internal sealed record ServiceTarget(Endpoint Endpoint, ProbePort Port)
{
    /// <summary>The target by its addresses of one family; null when it has none.</summary>
    public ServiceTarget? Over(IpFamily family) =>
        Endpoint.Addresses.Any(a => a.Family == family) ? this with { Endpoint = Endpoint with { Addresses = [.. Endpoint.Addresses.Where(a => a.Family == family)] } } : null;

    /// <summary>Those of the targets that have an address family in common with the source; the others are told.</summary>
    /// <exception cref="CommandException">There are none.</exception>
    public static IReadOnlyList<ServiceTarget> From(Endpoint source, IReadOnlyList<ServiceTarget> targets)
    {
        var near = targets.Where(t => Endpoint.Route(source, t.Endpoint) is not null).ToList();
        var far = string.Join(", ", targets.Except(near).Select(t => t.Endpoint.Name).Distinct(StringComparer.Ordinal));
        if (near.Count == 0)
            throw new CommandException($"{source.Name} and {far} have no address family in common: there is no connection between them");
        if (far.Length > 0)
            Console.Error.WriteLine($"note: {source.Name} and {far} have no address family in common, so no connection goes there");
        return near;
    }
}
