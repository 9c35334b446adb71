using NetPol.Kubernetes.Documents;

namespace NetPol.Kubernetes.Reading;

/// <summary>
/// The fields of one object, read strictly: every field that is asked for is known, and <see cref="Close"/> reports all others.
/// A field whose value is null counts as missing, as the API has it; only in a map of strings it counts, see <see cref="Strings"/>.
/// </summary>
internal sealed class Fields
{
    private const int MostReported = 20;

    private readonly MappingNode _mapping;
    private readonly Field _self;
    private readonly HashSet<string> _known = new(StringComparer.Ordinal);

    public Fields(MappingNode mapping, Field self)
    {
        _mapping = mapping;
        _self = self;
        if (mapping.IsAmbiguous)
            self.Report.Fault();
    }

    public Field Self => _self;

    /// <summary>Whether a key is there twice, which has been reported.</summary>
    public bool IsAmbiguous => _mapping.IsAmbiguous;

    public Report Report => _self.Report;

    /// <summary>Null when it is missing.</summary>
    public Field? this[string name]
    {
        get
        {
            _known.Add(name);
            foreach (var entry in _mapping.Entries)
            {
                if (string.Equals(entry.Key, name, StringComparison.Ordinal))
                    return entry.Value is ScalarNode { Kind: ScalarKind.Null } ? null : ToField(entry);
            }
            return null;
        }
    }

    /// <summary>All fields of a map of strings, in written order. A null value is the empty string, as typed decoding gives.</summary>
    public IEnumerable<(string Name, Field Value)> Strings()
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

    /// <summary>The fields that nobody asked for, in written order, null ones included.</summary>
    public List<string> Unknown() => [.. _mapping.Entries.Select(e => e.Key).Where(k => !_known.Contains(k))];

    /// <summary>
    /// Whether there are only fields that nobody asked for and none that looks like a slip of the pen: the mark of a newer API.
    /// </summary>
    public bool IsFromNewerApi() => _mapping.Entries is { IsEmpty: false } entries && entries.All(e => !_known.Contains(e.Key) && Closest(e.Key) is null);

    /// <summary>Reports every field that was not asked for as an error.</summary>
    /// <returns>Whether there was none.</returns>
    public bool Close()
    {
        foreach (var _ in Unknown())
            Report.Fault();
        ReportUnknown();
        return Unknown().Count == 0;
    }

    /// <summary>Reports every field that was not asked for as an error that is no fault: the object means what its known fields say.</summary>
    public void ReportUnknown()
    {
        var unknown = Unknown();
        foreach (var name in unknown.Take(MostReported))
            Report.HarmlessError("unknown-field", LineOf(name), _self.Path.Field(name), Message(name));
        if (unknown.Count > MostReported)
            _self.HarmlessError("unknown-field", $"{unknown.Count - MostReported} more fields are unknown");
    }

    /// <summary>As <see cref="Close"/>, for kinds whose other fields are not ours to judge: only a near miss is worth a word.</summary>
    public void CloseLoosely()
    {
        foreach (var name in Unknown().Where(n => Closest(n) is not null).Take(MostReported))
            Report.Warning("unknown-field", LineOf(name), _self.Path.Field(name), Message(name));
    }

    private string? Closest(string name) => Suggestion.For(name, _known);

    private int LineOf(string name) => _mapping.Entries.First(e => string.Equals(e.Key, name, StringComparison.Ordinal)).Line;

    private string Message(string name) => Closest(name) is { } close
        ? $"there is no such field: did you mean {close}?"
        : $"there is no such field: known here are {string.Join(", ", _known.Order(StringComparer.Ordinal))}";

    private Field ToField(MappingEntry entry) => new(entry.Value, entry.Line, _self.Path.Field(entry.Key), Report);
}
