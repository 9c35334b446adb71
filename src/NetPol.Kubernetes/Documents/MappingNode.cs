using NetPol.Model;

namespace NetPol.Kubernetes.Documents;

/// <summary>Keys and values in written order, every key once.</summary>
/// <param name="line">Where it starts.</param>
/// <param name="entries">The entries; of a key that was there twice the first one.</param>
/// <param name="ambiguous">A key was there twice, so what it means is anyone's guess.</param>
internal sealed class MappingNode(int line, ValueArray<MappingEntry> entries, bool ambiguous = false) : DocumentNode(line)
{
    public ValueArray<MappingEntry> Entries { get; } = entries;

    public bool IsAmbiguous { get; } = ambiguous;

    public override long Size { get; } = 1 + entries.Sum(e => 1 + e.Value.Size);

    /// <summary>The value of a key; null when there is none or it is null.</summary>
    public DocumentNode? this[string key]
    {
        get
        {
            foreach (var entry in Entries)
            {
                if (string.Equals(entry.Key, key, StringComparison.Ordinal))
                    return entry.Value is ScalarNode { Kind: ScalarKind.Null } ? null : entry.Value;
            }
            return null;
        }
    }

    /// <summary>The text of a key's value; null when it is not a string.</summary>
    public string? Text(string key) => this[key] is ScalarNode { Kind: ScalarKind.Text } scalar ? scalar.Text : null;

    public override string Describe() => "an object";
}
