using NetPol.Kubernetes.Client;
using NetPol.Model;

namespace NetPol.Kubernetes.Watch;

/// <summary>
/// The objects of one kind as they are read, and which of them changed since the last look. What changes nothing that policies depend on
/// (a heartbeat, a container's restart) is not a change.
/// </summary>
/// <param name="read">Reads an object; null when it is unusable.</param>
/// <param name="changed">Called when something changed, and when the first list is there.</param>
/// <param name="unreadable">
/// Called when reading an object fails, which is a fault of the reader; with the value that was read before, or null. What it returns is the object's value;
/// null keeps what is known.
/// </param>
internal sealed class ObjectStore<TKey, T>(
    Func<ReceivedObject, (TKey Key, T Value)?> read, Action changed, Func<ReceivedObject, T?, Exception, (TKey Key, T Value)?> unreadable) : IObjectStore
    where TKey : notnull
    where T : class
{
    private readonly Lock _lock = new();
    private readonly Dictionary<(string Namespace, string Name), (string Version, TKey Key, T Value)> _objects = [];
    private readonly Dictionary<TKey, T?> _pending = [];
    private bool _synced;

    public bool IsSynced
    {
        get
        {
            lock (_lock)
                return _synced;
        }
    }

    public int ObjectCount
    {
        get
        {
            lock (_lock)
                return _objects.Count;
        }
    }

    public int PendingCount
    {
        get
        {
            lock (_lock)
                return _pending.Count;
        }
    }

    public void Replace(IReadOnlyList<ReceivedObject> objects)
    {
        bool news;
        lock (_lock)
        {
            news = !_synced;
            var removed = _objects.Keys.Except(objects.Select(o => o.Key)).ToList();
            foreach (var key in removed)
                news |= Delete(key);
            foreach (var live in objects)
                news |= Update(live);
            _synced = true;
        }
        if (news)
            changed();
    }

    public void AddOrUpdate(ReceivedObject live)
    {
        bool news;
        lock (_lock)
            news = Update(live);
        if (news)
            changed();
    }

    public void Remove(ReceivedObject removed)
    {
        bool news;
        lock (_lock)
            news = Delete(removed.Key);
        if (news)
            changed();
    }

    /// <summary>Returns the changes since the last call, in no order.</summary>
    public ValueArray<KeyValuePair<TKey, T?>> TakeChanges()
    {
        lock (_lock)
        {
            var taken = _pending.ToValueArray();
            _pending.Clear();
            return taken;
        }
    }

    private bool Update(ReceivedObject live)
    {
        var known = _objects.TryGetValue(live.Key, out var before);
        if (known && live.ResourceVersion.Length > 0 && string.Equals(before.Version, live.ResourceVersion, StringComparison.Ordinal))
            return false;
        (TKey Key, T Value) now;
        try
        {
            if (read(live) is not { } value)
                return known && Delete(live.Key);
            now = value;
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            // One object must not stop the others.
            if (unreadable(live, known ? before.Value : null, error) is not { } instead)
                return false;
            now = instead;
        }
        _objects[live.Key] = (live.ResourceVersion, now.Key, now.Value);
        if (known && before.Value.Equals(now.Value))
            return false;
        _pending[now.Key] = now.Value;
        return true;
    }

    private bool Delete((string Namespace, string Name) key)
    {
        if (!_objects.Remove(key, out var before))
            return false;
        _pending[before.Key] = null;
        return true;
    }
}

/// <summary>Keeps what an <see cref="Informer"/> learns of its kind.</summary>
internal interface IObjectStore : IObjectSink
{
    /// <summary>Whether the first list is there.</summary>
    bool IsSynced { get; }

    /// <summary>How many objects are known.</summary>
    int ObjectCount { get; }

    /// <summary>How many have changed since the last look.</summary>
    int PendingCount { get; }
}
