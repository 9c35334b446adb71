using System.Collections.Immutable;
using System.Net;
using NetPol.Lab.Listening;
using NetPol.Netlink.Namespaces;

namespace NetPol.Lab;

/// <summary>One network namespace of a lab, with its addresses and listeners.</summary>
internal sealed class LabSpace : IDisposable
{
    private readonly SpaceListeners _listeners;
    private readonly Lock _listening = new();
    private NetworkNamespace? _opened;

    /// <param name="id">Pod id, node name or outside address: what the listeners call themselves.</param>
    /// <param name="networkNamespace">Its name under <c>/run/netns</c>.</param>
    /// <param name="addresses">What it answers to; empty for the fabric.</param>
    /// <param name="routes">Whether it forwards for others.</param>
    public LabSpace(string id, string networkNamespace, ImmutableArray<IPAddress> addresses, bool routes)
    {
        Id = id;
        NamespaceName = networkNamespace;
        Addresses = addresses;
        Routes = routes;
        _listeners = new SpaceListeners(id);
    }

    public string Id { get; }

    public string NamespaceName { get; }

    public ImmutableArray<IPAddress> Addresses { get; }

    public bool Routes { get; }

    public NetworkNamespace Namespace => _opened ?? throw new InvalidOperationException($"the namespace {NamespaceName} is not there yet");

    public void Make() => _opened = NetworkNamespace.Create(NamespaceName);

    /// <summary>Runs on a thread inside the namespace, and returns when it has run; what it throws is thrown here.</summary>
    public T Run<T>(Func<T> inside) => Namespace.Run(inside);

    public void Run(Action inside) => Namespace.Run(inside);

    /// <summary>Opens the listeners that are not open yet.</summary>
    public void Listen(IReadOnlyCollection<(IPAddress Address, LabPort Port)> places)
    {
        lock (_listening)
        {
            var missing = places.Where(place => !_listeners.Has(place.Address, place.Port)).ToList();
            if (missing.Count == 0)
                return;
            Run(() =>
            {
                foreach (var (address, port) in missing)
                    _listeners.Open(address, port);
            });
        }
    }

    /// <summary>Closes the listeners; the namespace stays for whoever removes it by name.</summary>
    public void Dispose()
    {
        _listeners.Dispose();
        _opened?.Dispose();
    }
}
