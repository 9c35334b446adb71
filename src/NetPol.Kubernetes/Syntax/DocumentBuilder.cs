using NetPol.Model;

namespace NetPol.Kubernetes.Syntax;

/// <summary>
/// Builds the tree of one document from a parser's events, without recursion. What a syntax cannot say (aliases in JSON) is simply
/// not called. After <see cref="HasFailed"/> the document is unusable and the fault reported.
/// </summary>
internal sealed class DocumentBuilder(DocumentLimits limits, SyntaxErrors faults)
{
    private readonly Stack<Frame> _open = new();
    private readonly Dictionary<string, DocumentNode> _anchors = new(StringComparer.Ordinal);
    private long _aliased;

    /// <summary>The finished document; null before the end and after a failure.</summary>
    public DocumentNode? Root { get; private set; }

    public bool HasFailed { get; private set; }

    /// <summary>Whether the next scalar would be a key.</summary>
    public bool AwaitsKey => _open.TryPeek(out var top) && top is { IsMapping: true, Key: null };

    public void StartMapping(int line, string? anchor = null) => StartContainer(line, isMapping: true, anchor);

    public void StartSequence(int line, string? anchor = null) => StartContainer(line, isMapping: false, anchor);

    /// <param name="line">Where the key is.</param>
    /// <param name="key">The key.</param>
    /// <param name="isMerge">It is YAML's merge key: it stands for the value's own keys where the mapping has not got them itself.</param>
    public void AddKey(int line, string key, bool isMerge = false)
    {
        var top = _open.Peek();
        top.Key = key;
        top.KeyLine = line;
        top.IsMergeKey = isMerge;
    }

    public void AddScalar(int line, string text, ScalarType kind, string? anchor = null) => Add(new ScalarNode(line, text, kind), anchor);

    public void AddAlias(int line, string anchor)
    {
        if (!_anchors.TryGetValue(anchor, out var target))
        {
            Fail("malformed-yaml", line, _open.Any(f => string.Equals(f.Anchor, anchor, StringComparison.Ordinal))
                ? $"the alias *{anchor} stands inside the value that it names: write the value out"
                : $"the alias *{anchor} names no anchor: write &{anchor} at the value that it stands for, before this line");
            return;
        }
        _aliased += target.Size;
        if (_aliased > limits.AliasedNodes)
            Fail("too-many-aliases", line, $"the aliases stand for more than {limits.AliasedNodes} values: write fewer of them");
        else
            Add(target, anchor: null);
    }

    public void EndContainer()
    {
        var frame = _open.Pop();
        DocumentNode node = frame.IsMapping ? frame.ToMapping(faults) : new SequenceNode(frame.Line, frame.Items.ToValueArray());
        Add(node, frame.Anchor);
    }

    public void Fail(string code, int line, string message)
    {
        if (!HasFailed)
            faults.Error(code, line, message);
        HasFailed = true;
    }

    private void StartContainer(int line, bool isMapping, string? anchor)
    {
        if (AwaitsKey)
            Fail("malformed-yaml", line, "a key is a list or an object: write a name as the key");
        if (_open.Count >= limits.Depth)
            Fail("too-deep", line, $"values are nested more than {limits.Depth} deep: write them flatter");
        if (!HasFailed)
            _open.Push(new Frame(line, isMapping, anchor));
    }

    private void Add(DocumentNode node, string? anchor)
    {
        if (HasFailed)
            return;
        if (anchor is not null)
            _anchors[anchor] = node;
        if (_open.TryPeek(out var top))
            top.Add(node);
        else
            Root = node;
    }

    private sealed class Frame(int line, bool isMapping, string? anchor)
    {
        private readonly List<MappingEntry> _entries = [];
        private readonly List<MappingEntry> _merged = [];

        public int Line { get; } = line;

        public bool IsMapping { get; } = isMapping;

        public string? Anchor { get; } = anchor;

        public List<DocumentNode> Items { get; } = [];

        public string? Key { get; set; }

        public int KeyLine { get; set; }

        public bool IsMergeKey { get; set; }

        public void Add(DocumentNode node)
        {
            if (!IsMapping)
            {
                Items.Add(node);
                return;
            }
            var parts = node is SequenceNode list ? list.Items : [node];
            if (IsMergeKey && parts.All(p => p is MappingNode))
                _merged.AddRange(parts.SelectMany(p => ((MappingNode)p).Entries));
            else
                _entries.Add(new(Key!, KeyLine, node));
            Key = null;
        }

        public MappingNode ToMapping(SyntaxErrors faults)
        {
            var ambiguous = false;
            var first = new Dictionary<string, int>(_entries.Count, StringComparer.Ordinal);
            var unique = new List<MappingEntry>(_entries.Count);
            foreach (var entry in _entries)
            {
                if (first.TryAdd(entry.Key, entry.Line))
                {
                    unique.Add(entry);
                    continue;
                }
                ambiguous = true;
                faults.Error("duplicate-key", entry.Line,
                    $"the key {ScalarNode.Quote(entry.Key)} is defined twice, first on line {first[entry.Key]}: keep one of the two");
            }
            unique.AddRange(_merged.Where(entry => first.TryAdd(entry.Key, entry.Line)));
            return new MappingNode(Line, unique.ToValueArray(), ambiguous);
        }
    }
}
