namespace NetPol.Kubernetes.Documents;

/// <summary>One key of a mapping with its value, and the line of the key.</summary>
internal readonly record struct MappingEntry(string Key, int Line, DocumentNode Value);
