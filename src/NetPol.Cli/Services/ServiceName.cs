namespace NetPol.Cli.Services;

/// <summary>A Service as a person names it: <c>svc/NAMESPACE/NAME</c>, or with <c>service</c>. Two parts are a pod, whatever its namespace is called.</summary>
internal sealed record ServiceName(string Namespace, string Name)
{
    /// <summary>Null where something else is named.</summary>
    public static ServiceName? Of(string text) =>
        text.Split('/') is ["svc" or "service", { Length: > 0 } space, { Length: > 0 } name] ? new(space, name) : null;

    public override string ToString() => $"{Namespace}/{Name}";
}
