using System.CommandLine;
using k8s;
using NetPol.Cli.Clusters;
using NetPol.Cli.Input;

namespace NetPol.Cli.CommandLine;

/// <summary>Completes command lines for shells, and for kubectl plugins.</summary>
internal static class Completion
{
    /// <summary>The hidden command that asks for completions, as in cobra and kubectl plugins.</summary>
    public const string CommandName = "__complete";

    /// <summary>Cobra's directive for no file completion: the shell offers only the given suggestions.</summary>
    private const string Given = ":4";

    /// <summary>Cobra's default directive: the shell completes file names.</summary>
    private const string Files = ":0";

    /// <summary>Writes one suggestion per line for the last word, then the directive.</summary>
    /// <param name="output">The destination.</param>
    /// <param name="root">The root command.</param>
    /// <param name="words">The words after the program's name. The last one is to be completed; it may be empty.</param>
    public static void Write(TextWriter output, RootCommand root, string[] words)
    {
        var last = words.Length == 0 ? "" : words[^1];
        var line = string.Join(' ', words.Select(w => w.Contains(' ', StringComparison.Ordinal) ? $"\"{w}\"" : w));
        var found = root.Parse(line).GetCompletions(line.Length)
            .Select(c => c.InsertText ?? c.Label)
            .Where(text => text.StartsWith(last, StringComparison.Ordinal))
            .Distinct(StringComparer.Ordinal)
            .ToList();
        foreach (var text in found)
            output.WriteLine(text);
        output.WriteLine(found.Count > 0 ? Given : Files);
    }
}

/// <summary>Completes the names of objects, from the files or else from the cluster. Offers none when the lookup fails or takes too long.</summary>
internal static class NameCompletion
{
    /// <summary>The longest time that a user waits for suggestions.</summary>
    public static TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>Returns the names; empty after <see cref="Timeout"/> or on any error.</summary>
    public static IEnumerable<string> Find(Func<CancellationToken, Task<IEnumerable<string>>> names)
    {
        using var timeout = new CancellationTokenSource(Timeout);
        try
        {
            return [.. Task.Run(() => names(timeout.Token)).WaitAsync(Timeout).GetAwaiter().GetResult().Order(StringComparer.Ordinal)];
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            return [];
        }
    }

    public static IEnumerable<string> Namespaces(ClusterAccess cluster) => Find(async cancel =>
    {
        using var api = cluster.Open();
        return (await api.Client.CoreV1.ListNamespaceAsync(cancellationToken: cancel)).Items.Select(n => n.Metadata.Name);
    });

    public static IEnumerable<string> Nodes(ClusterAccess cluster) => Find(cancel => NodesAsync(cluster, cancel));

    /// <summary>Returns pods as <c>namespace/name</c>.</summary>
    public static IEnumerable<string> Pods(Func<ClusterSource> source) => Find(async cancel =>
    {
        var read = source();
        if (!read.Manifests.IsEmpty)
            return read.Manifests.Read().Snapshot.Pods.Select(p => p.Id.ToString());
        using var api = read.Cluster!.Open();
        return (await api.Client.CoreV1.ListPodForAllNamespacesAsync(cancellationToken: cancel)).Items.Select(p => $"{p.Metadata.NamespaceProperty}/{p.Metadata.Name}");
    });

    /// <summary>Returns nodes: of the completed files, or of the cluster.</summary>
    public static IEnumerable<string> Nodes(Func<ClusterSource> source) => Find(cancel => source() is { Manifests.IsEmpty: false } read
        ? Task.FromResult(read.Manifests.Read().Complete().Nodes.Select(n => n.Name))
        : NodesAsync(source().Cluster!, cancel));

    /// <summary>Returns policies as <c>kind/namespace/name</c> or <c>kind/name</c>.</summary>
    public static IEnumerable<string> Policies(Func<ClusterSource> source) => Find(async cancel =>
        (await source().ReadAsync(cancel)).Snapshot.Policies.Select(p => PolicyOption.Text(p.Id)));

    private static async Task<IEnumerable<string>> NodesAsync(ClusterAccess cluster, CancellationToken cancel)
    {
        using var api = cluster.Open();
        return (await api.Client.CoreV1.ListNodeAsync(cancellationToken: cancel)).Items.Select(n => n.Metadata.Name);
    }
}
