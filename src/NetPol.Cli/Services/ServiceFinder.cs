using NetPol.Cli.Infrastructure;
using NetPol.Cli.Input;
using NetPol.Kubernetes.Client;
using NetPol.Kubernetes.Manifests;
using NetPol.Kubernetes.Objects;
using NetPol.Model.Diagnostics;

namespace NetPol.Cli.Services;

/// <summary>Finds a Service and its EndpointSlices.</summary>
internal static class ServiceFinder
{
    /// <summary>Returns the Service from the files, else from the cluster. Requests only this one Service from the cluster.</summary>
    /// <exception cref="CommandException">The Service does not exist, cannot be read, or is an ExternalName.</exception>
    public static async Task<Service> FindAsync(ServiceName name, LoadedManifests loaded, ClusterSource source, CancellationToken cancel)
    {
        var written = loaded.Services.Where(s => string.Equals(s.Id, name.ToString(), StringComparison.Ordinal)).ToList();
        RequireUnique(written.Select(s => $"Service {s.Id}"));
        var found = written.FirstOrDefault();
        if (found is null && source.Cluster is { } cluster)
        {
            using var api = cluster.Open();
            found = await cluster.AskAsync(() => ServiceClient.GetAsync(api, name.Namespace, name.Name, cancel), $"get services in namespace {name.Namespace}");
        }
        if (found is null)
            throw new CommandException($"--to: there is no Service {name}{KnownServices(loaded)}");
        return Usable(found);
    }

    /// <summary>Returns a Service whose endpoints can be found.</summary>
    /// <exception cref="CommandException">A field of the Service is invalid, or its type is ExternalName.</exception>
    public static Service Usable(Service found)
    {
        ReportFaults(found.Faults, $"the Service {found.Id} has");
        if (found.ExternalName is { } host)
            throw new CommandException($"the Service {found.Id} stands for the name {host}: ask for {(Inside(host) is { } other ? $"svc/{other}" : "one of the addresses of that name")}");
        return found;
    }

    /// <summary>
    /// Returns the endpoints of a Service without a selector: the EndpointSlices and the Endpoints object of the files, and the cluster's slices that
    /// the files do not replace. The cluster mirrors an Endpoints object to slices, so the command requests that object only when there is nothing else.
    /// </summary>
    /// <exception cref="CommandException">There are no endpoints, or they cannot be read.</exception>
    public static async Task<IReadOnlyList<ServiceEndpoints>> EndpointsAsync(Service service, LoadedManifests loaded, ClusterSource source, CancellationToken cancel)
    {
        var name = new ServiceName(service.Namespace, service.Id[(service.Namespace.Length + 1)..]);
        var nearby = loaded.Endpoints.Where(e => e.Namespace.Length == 0 || string.Equals(e.Namespace, name.Namespace, StringComparison.Ordinal)).ToList();
        var found = nearby.Where(e => string.Equals(e.Service, name.Name, StringComparison.Ordinal)).ToList();
        RequireUnique(found.Select(e => e.ToString()));
        if (source.Cluster is { } cluster)
        {
            using var api = cluster.Open();
            var slices = await cluster.AskAsync(
                () => EndpointsClient.ListSlicesAsync(api, name.Namespace, name.Name, cancel), $"list endpointslices of discovery.k8s.io in namespace {name.Namespace}");
            var whole = found.Exists(e => e.IsEndpointsObject);
            found.AddRange(slices.Where(s => !(s.IsMirror && whole) && !nearby.Exists(e => !e.IsEndpointsObject && string.Equals(e.Id, s.Id, StringComparison.Ordinal))));
            if (found.Count == 0 && await cluster.AskAsync(() => EndpointsClient.GetEndpointsAsync(api, name.Namespace, name.Name, cancel), $"get endpoints in namespace {name.Namespace}") is { } old)
                found.Add(old);
        }
        ReportFaults(nearby.Where(e => e.Service is null).Concat(found).SelectMany(e => e.Faults), $"the endpoints of the Service {name} have");
        return found.Count > 0
            ? found
            : throw new CommandException($"the Service {name} has no selector, and no endpoints are written for it: add an EndpointSlice with the label kubernetes.io/service-name: {name.Name}");
    }

    /// <exception cref="CommandException">There are errors.</exception>
    private static void ReportFaults(IEnumerable<Diagnostic> faults, string whoHas)
    {
        var all = faults.ToList();
        DiagnosticText.Write(Terminal.Error(), all);
        if (all.Exists(f => f.Severity == Severity.Error))
            throw new CommandException($"{whoHas} errors: nothing was done");
    }

    /// <exception cref="CommandException">Two objects of the files have the same name.</exception>
    private static void RequireUnique(IEnumerable<string> names)
    {
        if (names.GroupBy(n => n, StringComparer.Ordinal).FirstOrDefault(g => g.Skip(1).Any()) is { } twice)
            throw new CommandException($"{twice.Key} is in the files twice: keep one of the two");
    }

    /// <summary>Returns the Service of a DNS name <c>name.namespace.svc</c>, with or without the cluster's domain; null for any other name.</summary>
    private static ServiceName? Inside(string host) => host.TrimEnd('.').Split('.') is [{ Length: > 0 } name, { Length: > 0 } space, "svc", ..] ? new(space, name) : null;

    private static string KnownServices(LoadedManifests loaded) =>
        loaded.Services.IsEmpty ? "" : $"; there are {string.Join(", ", loaded.Services.Select(s => s.Id).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).Take(8))}";
}

/// <summary>A Service as the user names it: <c>svc/NAMESPACE/NAME</c>, or with <c>service</c>. A name with two parts is always a pod.</summary>
internal sealed record ServiceName(string Namespace, string Name)
{
    /// <summary>Parses the name; null when it does not name a Service.</summary>
    public static ServiceName? Parse(string text) =>
        text.Split('/') is ["svc" or "service", { Length: > 0 } space, { Length: > 0 } name] ? new(space, name) : null;

    public override string ToString() => $"{Namespace}/{Name}";
}
