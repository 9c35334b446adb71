using System.Security.Cryptography;
using k8s.Exceptions;
using YamlDotNet.Core;

namespace NetPol.Kubernetes.Client;

/// <summary>Reads how to reach a cluster.</summary>
public static class Kubeconfig
{
    /// <summary>What <paramref name="read"/> returns.</summary>
    /// <param name="source">Where it reads, for the message: a file's path.</param>
    /// <param name="read">Reads with the client library.</param>
    /// <exception cref="FormatException">The source is missing, unreadable or no kubeconfig; the message names it.</exception>
    public static T Read<T>(string source, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (NullReferenceException error)
        {
            // The client library's answer to a file without content, or whose parts are missing.
            throw new FormatException($"{source}: it is not a complete kubeconfig: write clusters, users, contexts and current-context", error);
        }
        catch (YamlException error)
        {
            throw new FormatException($"{source}: it is not a kubeconfig, which is YAML with clusters, users, contexts and current-context: {error.Message}", error);
        }
        catch (Exception error) when (error is KubeConfigException or IOException or UnauthorizedAccessException or FormatException or CryptographicException)
        {
            throw new FormatException($"{source}: {error.Message}", error);
        }
    }
}
