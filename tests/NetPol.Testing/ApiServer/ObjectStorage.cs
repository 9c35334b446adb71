using System.Text.Json.Nodes;

namespace NetPol.Testing.ApiServer;

/// <summary>The objects of a <see cref="FakeApiServer"/>, with one sequence of resource versions for all resources, as in etcd. Safe for any thread.</summary>
public sealed class ObjectStorage
{
    private readonly Lock _lock = new();
    private readonly Dictionary<ApiResource, ObjectCollection> _collections;
    private long _version = 1;

    public ObjectStorage() => _collections = ApiResource.All.ToDictionary(r => r, r => new ObjectCollection(r, _lock, () => _version));

    /// <summary>The resource version of the last write.</summary>
    public long Version
    {
        get
        {
            lock (_lock)
                return _version;
        }
    }

    /// <summary>Creates an object, or replaces the one of the same name together with its status. A given UID stays.</summary>
    /// <param name="kind">The kind.</param>
    /// <param name="json">The object in JSON. Its <c>kind</c> and <c>apiVersion</c> may be missing.</param>
    public void Put(string kind, string json)
    {
        var written = JsonNode.Parse(json)!.AsObject();
        var resource = ApiResource.All.First(r => r.Kind == kind);
        var metadata = written["metadata"]!;
        var path = new ResourcePath(resource, resource.Versions[0], (string?)metadata["namespace"], (string)metadata["name"]!, null);
        lock (_lock)
            Write(path, written);
    }

    /// <summary>Puts all objects of a list as <c>kubectl get -o json</c> prints it. Each object needs a <c>kind</c>.</summary>
    public void PutAll(string list)
    {
        foreach (var item in JsonNode.Parse(list)!["items"]!.AsArray())
            Put((string)item!["kind"]!, item.ToJsonString());
    }

    /// <summary>Deletes an object.</summary>
    /// <param name="path">Its path on the API server.</param>
    /// <returns>Whether it existed.</returns>
    public bool Delete(string path) => Delete(ResourcePath.Parse(path)!) is not null;

    /// <summary>Returns an object, or null if it does not exist.</summary>
    /// <param name="path">Its path on the API server.</param>
    public JsonObject? Find(string path) => Read(ResourcePath.Parse(path)!)?.Parse();

    /// <summary>Forgets the past: watches from older versions and older pages of lists are answered with 410, as after a compaction of etcd.</summary>
    public void Compact()
    {
        lock (_lock)
        {
            foreach (var collection in _collections.Values)
                collection.Compact(_version);
        }
    }

    /// <summary>Returns the state now, for <see cref="Restore"/>.</summary>
    public StorageBackup Backup()
    {
        lock (_lock)
            return new(_version, _collections.ToDictionary(c => c.Key, c => c.Value.Objects));
    }

    /// <summary>
    /// Goes back to an earlier state and its resource version, as a restore of etcd does. Earlier versions are forgotten. A watch from a later version receives nothing until the
    /// storage has reached it. The caller breaks the connections of the watches.
    /// </summary>
    public void Restore(StorageBackup backup)
    {
        lock (_lock)
        {
            _version = backup.Version;
            foreach (var (resource, collection) in _collections)
                collection.Restore(backup.Objects[resource], _version);
        }
    }

    internal StoredObject? Read(ResourcePath path)
    {
        lock (_lock)
            return Collection(path).Find(path.Key);
    }

    internal ObjectCollection Collection(ResourcePath path) => _collections[path.Resource];

    /// <summary>Reads an object and writes its successor as one step.</summary>
    /// <param name="path">The object's path.</param>
    /// <param name="change">Returns the new object for the old one, which is null if there is none. Throws to refuse the change.</param>
    internal StoredObject Change(ResourcePath path, Func<StoredObject?, JsonObject> change)
    {
        lock (_lock)
        {
            var before = Collection(path).Find(path.Key);
            var after = change(before);
            return before is not null && JsonNode.DeepEquals(before.Parse(), after) ? before : Write(path, after);
        }
    }

    /// <summary>Deletes an object and returns its last form, or null if it does not exist.</summary>
    internal StoredObject? Delete(ResourcePath path)
    {
        lock (_lock)
        {
            var collection = Collection(path);
            if (collection.Find(path.Key) is not { } before)
                return null;
            var last = before.Parse();
            last["metadata"]!["resourceVersion"] = $"{++_version}";
            var removed = StoredObject.Create(path, last, _version);
            collection.Remove(removed);
            return removed;
        }
    }

    private StoredObject Write(ResourcePath path, JsonObject written)
    {
        var metadata = written["metadata"]!.AsObject();
        var before = Collection(path).Find(path.Key)?.Parse();
        metadata["uid"] ??= (string?)before?["metadata"]!["uid"] ?? Guid.NewGuid().ToString();
        metadata["creationTimestamp"] ??= (string?)before?["metadata"]!["creationTimestamp"] ?? DateTime.UtcNow.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", null);
        // Kinds of the core group have no generation.
        if (path.Resource.Group.Length > 0 && written["spec"] is { } spec)
        {
            var generation = (long?)before?["metadata"]!["generation"] ?? 0;
            metadata["generation"] = JsonNode.DeepEquals(before?["spec"], spec) ? generation : generation + 1;
        }
        metadata["resourceVersion"] = $"{++_version}";
        var stored = StoredObject.Create(path, written, _version);
        Collection(path).Add(stored);
        return stored;
    }
}

/// <summary>The objects of a storage at one resource version.</summary>
public sealed class StorageBackup
{
    internal StorageBackup(long version, Dictionary<ApiResource, StoredObject[]> objects) => (Version, Objects) = (version, objects);

    internal long Version { get; }

    internal Dictionary<ApiResource, StoredObject[]> Objects { get; }
}
