namespace NetPol.Compiler.Indexing;

/// <summary>Compares keys and values of labels ordinally.</summary>
internal sealed class LabelComparer : IEqualityComparer<KeyValuePair<string, string>>
{
    public static LabelComparer Instance { get; } = new();

    public bool Equals(KeyValuePair<string, string> x, KeyValuePair<string, string> y) =>
        string.Equals(x.Key, y.Key, StringComparison.Ordinal) && string.Equals(x.Value, y.Value, StringComparison.Ordinal);

    public int GetHashCode(KeyValuePair<string, string> obj) =>
        HashCode.Combine(obj.Key.GetHashCode(StringComparison.Ordinal), obj.Value.GetHashCode(StringComparison.Ordinal));
}
