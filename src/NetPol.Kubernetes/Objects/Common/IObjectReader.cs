namespace NetPol.Kubernetes.Objects.Common;

/// <summary>Reads the objects of one resource type, whether they come from a file or from an API server.</summary>
internal interface IObjectReader
{
    /// <summary>The resource type.</summary>
    ResourceType Type { get; }
}

/// <summary>Reads the objects of one resource type, whether they come from a file or from an API server.</summary>
/// <typeparam name="T">What an object is read as.</typeparam>
internal interface IObjectReader<out T> : IObjectReader
    where T : class
{
    /// <summary>Reads an object and reports its faults to <see cref="ObjectHeader.Report"/>.</summary>
    /// <returns>The value; null for an object that has no effect.</returns>
    T? Read(ObjectHeader header);
}
