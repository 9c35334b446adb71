using System.Net;
using System.Text.Json;
using k8s;
using k8s.Autorest;
using k8s.KubeConfigModels;
using NetPol.Cli.Infrastructure;
using NetPol.Kubernetes.Client;

namespace NetPol.Cli.Clusters;

/// <summary>Selects a cluster as kubectl does: by a kubeconfig (else <c>$KUBECONFIG</c>, else <c>~/.kube/config</c>) and a context in it.</summary>
internal sealed record ClusterAccess(string? Kubeconfig, string? Context)
{
    /// <summary>Whether a kubeconfig exists where kubectl searches by default.</summary>
    public static bool HasDefault => DefaultFiles().Length > 0;

    /// <summary>Whether the command line names a kubeconfig or a context.</summary>
    public bool IsNamed => Kubeconfig is not null || Context is not null;

    /// <exception cref="CommandException">There is no kubeconfig, or it is invalid.</exception>
    public KubernetesApi Open() => Read((file, context) =>
    {
        RequireCluster(file, context);
        return new KubernetesApi(KubernetesClientConfiguration.BuildConfigFromConfigObject(file, context));
    });

    /// <summary>Returns the namespace of the context; null when it names none, or there is no kubeconfig.</summary>
    /// <exception cref="CommandException">The named kubeconfig is missing, or cannot be read.</exception>
    public string? Namespace() => !IsNamed && !HasDefault
        ? null
        : Read((file, context) => file.Contexts?.FirstOrDefault(c => string.Equals(c.Name, context, StringComparison.Ordinal))?.ContextDetails?.Namespace) is { Length: > 0 } place ? place : null;

    /// <summary>Returns the names of all contexts.</summary>
    /// <exception cref="CommandException">There is no kubeconfig, or it cannot be read.</exception>
    public IEnumerable<string> Contexts() => Read((_, _) => Files().SelectMany(f => KubernetesClientConfiguration.LoadKubeConfig(f).Contexts ?? []).Select(c => c.Name).Distinct(StringComparer.Ordinal));

    private T Read<T>(Func<K8SConfiguration, string?, T> read)
    {
        try
        {
            return Kubernetes.Client.KubeconfigReader.Read(string.Join(Path.PathSeparator, Files().Select(f => f.FullName)), () =>
            {
                var files = Files().Select(f => KubernetesClientConfiguration.LoadKubeConfig(f)).ToArray();
                // As with kubectl, the first file that defines the context counts.
                var context = Context ?? files.Select(f => f.CurrentContext).FirstOrDefault(c => !string.IsNullOrEmpty(c));
                var file = Array.Find(files, f => f.Contexts?.Any(c => string.Equals(c.Name, context, StringComparison.Ordinal)) == true) ?? files[0];
                return read(file, context);
            });
        }
        catch (FormatException error)
        {
            throw new CommandException(error.Message);
        }
    }

    /// <exception cref="CommandException">The kubeconfig lacks the context, or the cluster or user that the context names.</exception>
    private void RequireCluster(K8SConfiguration file, string? context)
    {
        var path = string.Join(Path.PathSeparator, Files().Select(f => f.FullName));
        var contexts = (file.Contexts ?? []).ToList();
        var names = contexts.Count == 0 ? "" : $", such as {string.Join(", ", contexts.Take(3).Select(c => c.Name))}";
        if (string.IsNullOrEmpty(context))
            throw new CommandException($"{path}: it has no current-context: name a context with --context{names}");
        if (contexts.Find(c => string.Equals(c.Name, context, StringComparison.Ordinal)) is not { ContextDetails: var details })
            throw new CommandException($"{path}: there is no context {context}: name one that is there{names}");
        if (!(file.Clusters ?? []).Any(c => string.Equals(c.Name, details?.Cluster, StringComparison.Ordinal)))
            throw new CommandException($"{path}: the context {context} needs the cluster {details?.Cluster}, which is not there: add it to clusters");
        if (details?.User is { Length: > 0 } user && !(file.Users ?? []).Any(u => string.Equals(u.Name, user, StringComparison.Ordinal)))
            throw new CommandException($"{path}: the context {context} needs the user {user}, who is not there: add it to users");
    }

    /// <summary>Returns the server's answer. Converts failures to errors for the user.</summary>
    /// <param name="question">The request to the server.</param>
    /// <param name="right">The permission that the request needs, for the error message; null to use the server's message alone.</param>
    /// <exception cref="CommandException">The server refuses, or cannot be reached.</exception>
    public async Task<T> AskAsync<T>(Func<Task<T>> question, string? right = null)
    {
        try
        {
            return await question();
        }
        catch (KubernetesApiException refusal) when (refusal.Status == HttpStatusCode.Forbidden && right is not null)
        {
            throw new CommandException($"the API server refuses: {refusal.Message}; this needs the right to {right}");
        }
        catch (KubernetesApiException refusal)
        {
            throw new CommandException($"the API server refuses: {refusal.Message}");
        }
        catch (HttpOperationException refusal)
        {
            throw new CommandException($"the API server refuses: {Message(refusal)}");
        }
        catch (Exception error) when (error is HttpRequestException or IOException or JsonException)
        {
            throw new CommandException($"the cluster cannot be reached{Named()}: {error.GetBaseException().Message}");
        }
    }

    private static string Message(HttpOperationException refusal)
    {
        try
        {
            using var status = JsonDocument.Parse(refusal.Response.Content);
            return status.RootElement.GetProperty("message").GetString() ?? refusal.Message;
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return refusal.Message;
        }
    }

    private static FileInfo[] DefaultFiles()
    {
        var named = Environment.GetEnvironmentVariable("KUBECONFIG");
        string[] files = string.IsNullOrEmpty(named)
            ? [Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".kube", "config")]
            : named.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);
        return [.. files.Where(File.Exists).Select(f => new FileInfo(f))];
    }

    private FileInfo[] Files()
    {
        FileInfo[] files = Kubeconfig is { } path ? [new(path)] : DefaultFiles();
        if (files.Length == 0)
            throw new CommandException("there is no kubeconfig: name one with --kubeconfig or in KUBECONFIG");
        if (!files[0].Exists)
            throw new CommandException($"--kubeconfig {Kubeconfig}: there is no such file");
        return files;
    }

    private string Named() => Context is null ? "" : $" (context {Context})";
}
