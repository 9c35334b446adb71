namespace NetPol.Kubernetes.Reading;

/// <summary>A field's place in its object, written <c>spec.ingress[0].from[1].ipBlock.cidr</c>; empty for the object itself.</summary>
internal sealed class FieldPath
{
    private readonly FieldPath? _parent;
    private readonly string _segment;

    private FieldPath(FieldPath? parent, string name, string segment)
    {
        _parent = parent;
        Name = name;
        _segment = segment;
    }

    public static FieldPath Root { get; } = new(null, "", "");

    /// <summary>The last field; empty for an item of a list.</summary>
    public string Name { get; }

    public FieldPath Field(string name) => new(this, name, _parent is null ? name : $".{name}");

    public FieldPath Item(int index) => new(this, "", $"[{index}]");

    public override string ToString() => _parent is null ? _segment : $"{_parent}{_segment}";
}
