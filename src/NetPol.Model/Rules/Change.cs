namespace NetPol.Model.Rules;

/// <summary>The entries removed from and added to a sorted list. An entry whose value changes under the same key is in both.</summary>
public readonly record struct Change<T>(ValueArray<T> Removed, ValueArray<T> Added)
{
    public bool IsEmpty => Removed.IsEmpty && Added.IsEmpty;
}
