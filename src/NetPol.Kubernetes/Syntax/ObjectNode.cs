namespace NetPol.Kubernetes.Syntax;

/// <summary>
/// The fields of one object, read strictly: every field that is asked for is known, and <see cref="RejectUnknown"/> reports all others.
/// A field whose value is null counts as missing, as the API has it; only in a map of strings it counts, see <see cref="StringEntries"/>.
/// </summary>
internal sealed class ObjectNode
{
    private const int MaxReported = 20;

    private readonly MappingNode _mapping;
    private readonly Field _self;
    private readonly HashSet<string> _known = new(StringComparer.Ordinal);

    public ObjectNode(MappingNode mapping, Field self)
    {
        _mapping = mapping;
        _self = self;
        if (mapping.IsAmbiguous)
            self.Report.AddFault();
    }

    public Field Self => _self;

    /// <summary>Whether a key is defined twice, which has been reported.</summary>
    public bool IsAmbiguous => _mapping.IsAmbiguous;

    public DiagnosticSink Report => _self.Report;

    /// <summary>Null when it is missing.</summary>
    public Field? this[string name]
    {
        get
        {
            _known.Add(name);
            foreach (var entry in _mapping.Entries)
            {
                if (string.Equals(entry.Key, name, StringComparison.Ordinal))
                    return entry.Value is ScalarNode { Type: ScalarType.Null } ? null : ToField(entry);
            }
            return null;
        }
    }

    /// <summary>All fields of a map of strings, in written order. A null value is the empty string, as typed decoding gives.</summary>
    public IEnumerable<(string Name, Field Value)> StringEntries()
    {
        for (var i = 0; i < _mapping.Entries.Count; i++)
        {
            var entry = _mapping.Entries[i];
            yield return (entry.Key, ToField(entry).NullAsEmpty());
        }
    }

    /// <summary>As the indexer; a missing field is an error.</summary>
    public Field? Required(string name, string advice = "write it")
    {
        var field = this[name];
        if (field is null)
            Report.Error("missing-field", _self.Line, _self.Path.Field(name), $"it is missing: {advice}");
        return field;
    }

    /// <summary>Fields that are known and do not matter here.</summary>
    public void Ignore(params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
            _known.Add(name);
    }

    /// <summary>The fields that no reader has requested, in written order, null ones included.</summary>
    public List<string> UnknownNames() => [.. _mapping.Entries.Select(e => e.Key).Where(k => !_known.Contains(k))];

    /// <summary>
    /// Whether the object has fields, all are unknown, and none resembles a known one. Then the object is probably of a newer API.
    /// </summary>
    public bool IsFromNewerApi() => _mapping.Entries is { IsEmpty: false } entries && entries.All(e => !_known.Contains(e.Key) && FindSimilar(e.Key) is null);

    /// <summary>Reports every unknown field as an error.</summary>
    /// <returns>Whether there was none.</returns>
    public bool RejectUnknown()
    {
        foreach (var _ in UnknownNames())
            Report.AddFault();
        ReportUnknown();
        return UnknownNames().Count == 0;
    }

    /// <summary>Reports every field that was not asked for as an error that is no fault: the object means what its known fields say.</summary>
    public void ReportUnknown()
    {
        var unknown = UnknownNames();
        foreach (var name in unknown.Take(MaxReported))
            Report.HarmlessError("unknown-field", LineOf(name), _self.Path.Field(name), DescribeUnknown(name));
        if (unknown.Count > MaxReported)
            _self.HarmlessError("unknown-field", $"{unknown.Count - MaxReported} more fields are unknown");
    }

    /// <summary>As <see cref="RejectUnknown"/>, for kinds that have other valid fields: reports only a field that resembles a known one.</summary>
    public void WarnOnTypos()
    {
        foreach (var name in UnknownNames().Where(n => FindSimilar(n) is not null).Take(MaxReported))
            Report.Warning("unknown-field", LineOf(name), _self.Path.Field(name), DescribeUnknown(name));
    }

    private string? FindSimilar(string name) => SpellingSuggestion.Find(name, _known);

    private int LineOf(string name) => _mapping.Entries.First(e => string.Equals(e.Key, name, StringComparison.Ordinal)).Line;

    private string DescribeUnknown(string name) => FindSimilar(name) is { } close
        ? $"there is no such field: did you mean {close}?"
        : $"there is no such field: known here are {string.Join(", ", _known.Order(StringComparer.Ordinal))}";

    private Field ToField(MappingEntry entry) => new(entry.Value, entry.Line, _self.Path.Field(entry.Key), Report);
}

/// <summary>Reads objects of which exactly one field is to be written.</summary>
internal static class OneOfField
{
    /// <summary>Returns the only field. Returns null and reports a diagnostic when there are none, several, or unknown ones.</summary>
    /// <param name="fields">The object.</param>
    /// <param name="newerApi">The code of the warning for an object that looks like one of a newer API; null: that is an error like any other.</param>
    /// <param name="names">The fields.</param>
    public static Field? Read(ObjectNode fields, string? newerApi, params ReadOnlySpan<string> names)
    {
        var given = new List<Field>();
        foreach (var name in names)
        {
            if (fields[name] is { } field)
                given.Add(field);
        }
        if (given.Count == 0 && newerApi is not null && fields.IsFromNewerApi())
        {
            fields.Self.WarnRefused(newerApi, $"{string.Join(", ", fields.UnknownNames())} is not known here and fails closed: an allowing rule with it matches nothing, any other denies", ApiServerVersions.Definitions);
            return null;
        }
        var faults = fields.Report.FaultCount;
        fields.RejectUnknown();
        if (given.Count != 1 && fields.Report.FaultCount == faults)
        {
            var found = given.Count == 0 ? "none is there" : $"{given.Count} are";
            fields.Self.Error("one-of", $"exactly one of {string.Join(", ", names)} is needed, and {found}");
        }
        return given.Count == 1 && fields.Report.FaultCount == faults ? given[0] : null;
    }
}
