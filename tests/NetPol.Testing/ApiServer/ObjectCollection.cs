namespace NetPol.Testing.ApiServer;

/// <summary>
/// The objects of one resource and their past. Events are kept once and in order; each watch has a position in them. One signal wakes all watches.
/// </summary>
/// <param name="resource">The resource.</param>
/// <param name="sync">The lock of the storage. Callers of <see cref="Find"/>, <see cref="Add"/>, <see cref="Remove"/> and <see cref="Compact"/> hold it.</param>
/// <param name="version">Returns the storage's current resource version.</param>
internal sealed class ObjectCollection(ApiResource resource, Lock sync, Func<long> version)
{
    private const int MaxEvents = 200_000;
    private const int MaxSnapshots = 16;

    private readonly SortedDictionary<string, StoredObject> _objects = new(StringComparer.Ordinal);
    private readonly List<StoredEvent> _events = [];
    private readonly SortedDictionary<long, StoredObject[]> _snapshots = [];
    private TaskCompletionSource _changed = NewSignal();
    private long _firstPosition;
    private long _compactedVersion;

    public ApiResource Resource => resource;

    public StoredObject? Find(string key) => _objects.GetValueOrDefault(key);

    /// <summary>The current objects, in the order of their keys.</summary>
    public StoredObject[] Objects => [.. _objects.Values];

    /// <summary>Replaces all objects, and forgets all events. The caller holds the lock.</summary>
    public void Restore(StoredObject[] objects, long at)
    {
        Compact(at);
        _snapshots.Clear();
        _objects.Clear();
        foreach (var restored in objects)
            _objects.Add(restored.Key, restored);
    }

    public void Add(StoredObject changed)
    {
        var isNew = !_objects.ContainsKey(changed.Key);
        _objects[changed.Key] = changed;
        Record(new(isNew ? "ADDED" : "MODIFIED", changed));
    }

    public void Remove(StoredObject last)
    {
        _objects.Remove(last.Key);
        Record(new("DELETED", last));
    }

    public void Compact(long upTo)
    {
        _firstPosition += _events.Count;
        _events.Clear();
        foreach (var old in _snapshots.Keys.Where(v => v < upTo).ToList())
            _snapshots.Remove(old);
        _compactedVersion = upTo;
    }

    /// <summary>Returns the current objects in the order of their keys, and the position from which a watch continues.</summary>
    public Snapshot Read()
    {
        lock (sync)
            return new(version(), _firstPosition + _events.Count, [.. _objects.Values]);
    }

    /// <summary>Keeps the objects of a list for its later pages.</summary>
    public void KeepForPages(Snapshot snapshot)
    {
        lock (sync)
        {
            _snapshots[snapshot.Version] = snapshot.Objects;
            if (_snapshots.Count > MaxSnapshots)
                _snapshots.Remove(_snapshots.First().Key);
        }
    }

    /// <summary>Returns the objects of a list that has later pages, or null if they are forgotten.</summary>
    public StoredObject[]? FindForPages(long version)
    {
        lock (sync)
            return _snapshots.GetValueOrDefault(version);
    }

    /// <summary>Returns the position of the first event after a version, or null if the events since then are forgotten.</summary>
    public long? FindPosition(long after)
    {
        lock (sync)
        {
            if (after < _compactedVersion)
                return null;
            var (low, high) = (0, _events.Count);
            while (low < high)
            {
                var middle = (low + high) / 2;
                if (_events[middle].Object.Version <= after)
                    low = middle + 1;
                else
                    high = middle;
            }
            return _firstPosition + low;
        }
    }

    /// <summary>The version that the last compaction kept.</summary>
    public long CompactedVersion
    {
        get
        {
            lock (sync)
                return _compactedVersion;
        }
    }

    /// <summary>Reads the events from a position on.</summary>
    /// <param name="position">The position. It moves behind the events.</param>
    /// <param name="events">Receives the events.</param>
    /// <param name="at">The storage's version after these events.</param>
    /// <param name="changed">Completes when there are more events.</param>
    /// <returns>False if events from the position on are forgotten.</returns>
    public bool TryRead(ref long position, List<StoredEvent> events, out long at, out Task changed)
    {
        lock (sync)
        {
            (at, changed) = (version(), _changed.Task);
            if (position < _firstPosition)
                return false;
            events.AddRange(_events[(int)(position - _firstPosition)..]);
            position = _firstPosition + _events.Count;
            return true;
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private void Record(StoredEvent change)
    {
        _events.Add(change);
        if (_events.Count > MaxEvents)
        {
            _compactedVersion = _events[MaxEvents / 2 - 1].Object.Version;
            _events.RemoveRange(0, MaxEvents / 2);
            _firstPosition += MaxEvents / 2;
        }
        var signal = _changed;
        _changed = NewSignal();
        signal.SetResult();
    }
}

/// <summary>The objects of a resource at one version.</summary>
/// <param name="Version">The resource version.</param>
/// <param name="Position">The position of the events after it.</param>
/// <param name="Objects">The objects in the order of their keys.</param>
internal sealed record Snapshot(long Version, long Position, StoredObject[] Objects);
