namespace NetPol.Kubernetes.Syntax;

/// <summary>A value in its place. Reading it as something that it is not is an error in the report, and gives null.</summary>
/// <param name="Node">The value; never null in the document's sense.</param>
/// <param name="Line">Where to point: the line of the key, or of the list's item.</param>
/// <param name="Path">Its place in the object.</param>
/// <param name="Report">The object's report.</param>
internal readonly record struct Field(DocumentNode Node, int Line, FieldPath Path, DiagnosticSink Report)
{
    public void Error(string code, string message) => Report.Error(code, Line, Path, message);

    /// <summary>Reports an error that does not make the meaning of the object doubtful. It does not count as a fault.</summary>
    public void HarmlessError(string code, string message) => Report.HarmlessError(code, Line, Path, message);

    public void Warning(string code, string message) => Report.Warning(code, Line, Path, message);

    /// <summary>The field itself, and for a null the empty string in its place: what typed decoding makes of a null in a map or list of strings.</summary>
    public Field NullAsEmpty() => Node is ScalarNode { Type: ScalarType.Null } ? this with { Node = new ScalarNode(Node.Line, "", ScalarType.Text) } : this;
    /// <summary>As <see cref="DiagnosticSink.WarnRefused"/>.</summary>
    public void WarnRefused(string code, string message, string by) => Report.WarnRefused(code, Line, Path, message, by);

    public string? Text()
    {
        switch (Node)
        {
            case ScalarNode { Type: ScalarType.Text } scalar:
                return scalar.Text;
            case ScalarNode { Type: not ScalarType.Null } scalar:
                Error("wrong-type", $"{scalar.Describe()} stands where a string is needed: write \"{scalar.Text}\" in quotes");
                return null;
            default:
                Error("wrong-type", $"{Node.Describe()} stands where a string is needed");
                return null;
        }
    }

    /// <summary>A whole number between the limits, both included.</summary>
    public int? Integer(int lowest, int highest)
    {
        if (Node is ScalarNode { Type: ScalarType.Integer } scalar)
        {
            if (YamlScalars.TryParseInteger(scalar.Text, out var value) && value >= lowest && value <= highest)
                return (int)value;
            Error("out-of-range", $"{scalar.Text} is not between {lowest} and {highest}");
            return null;
        }
        var quoted = Node is ScalarNode { Type: ScalarType.Text } text && YamlScalars.Resolve(text.Text) == ScalarType.Integer;
        Error("wrong-type", $"{Node.Describe()} stands where a whole number is needed{(quoted ? ": write it without quotes" : "")}");
        return null;
    }

    public bool? Boolean()
    {
        if (Node is ScalarNode { Type: ScalarType.Boolean } scalar)
            return YamlScalars.TryParseBoolean(scalar.Text, out var value) && value;
        Error("wrong-type", $"{Node.Describe()} stands where true or false is needed");
        return null;
    }

    public ObjectNode? Object()
    {
        if (Node is MappingNode mapping)
            return new ObjectNode(mapping, this);
        Error("wrong-type", $"{Node.Describe()} stands where an object is needed");
        return null;
    }

    /// <summary>The items of a list; a null one too, so reading it as anything is an error.</summary>
    public List<Field>? Items()
    {
        if (Node is not SequenceNode sequence)
        {
            Error("wrong-type", $"{Node.Describe()} stands where a list is needed: write \"- \" before each item");
            return null;
        }
        var items = new List<Field>(sequence.Items.Count);
        foreach (var item in sequence.Items)
        {
            items.Add(new Field(item, item.Line, Path.Item(items.Count), Report));
        }
        return items;
    }
}

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
