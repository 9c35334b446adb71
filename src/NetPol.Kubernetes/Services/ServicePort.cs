using NetPol.Model;

namespace NetPol.Kubernetes.Services;

/// <summary>A port of a Service.</summary>
/// <param name="Name">Null where there is only one port and it has none.</param>
/// <param name="Protocol">TCP where none is written.</param>
/// <param name="Number">The port of the Service's address.</param>
/// <param name="Target">The port of the pods; that of the Service where none is written.</param>
/// <param name="TargetName">The name by which each pod declares its port; null where it is a number.</param>
public sealed record ServicePort(string? Name, Model.Protocol Protocol, ushort Number, ushort Target, string? TargetName)
{
    /// <summary>The port under which every node has it; null where the Service has none.</summary>
    public ushort? NodePort { get; init; }

    /// <summary><c>80/TCP (http)</c>.</summary>
    public override string ToString() => $"{Number}/{Protocol.Name()}{(Name is null ? "" : $" ({Name})")}";
}
