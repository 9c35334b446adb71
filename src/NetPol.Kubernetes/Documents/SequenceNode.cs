using NetPol.Model;

namespace NetPol.Kubernetes.Documents;

internal sealed class SequenceNode(int line, ValueArray<DocumentNode> items) : DocumentNode(line)
{
    public ValueArray<DocumentNode> Items { get; } = items;

    public override long Size { get; } = 1 + items.Sum(i => i.Size);

    public override string Describe() => "a list";
}
