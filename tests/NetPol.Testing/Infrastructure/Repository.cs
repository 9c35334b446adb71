namespace NetPol.Testing.Infrastructure;

/// <summary>The checked-out tree that the running tests were built from.</summary>
public static class Repository
{
    /// <summary>The folder that contains <c>NetPol.sln</c>.</summary>
    /// <exception cref="InvalidOperationException">The tests were moved out of the tree.</exception>
    public static string Root { get; } = Find(AppContext.BaseDirectory);

    public static string Path(params ReadOnlySpan<string> parts) => System.IO.Path.Combine([Root, .. parts]);

    private static string Find(string from)
    {
        for (var folder = new DirectoryInfo(from); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(System.IO.Path.Combine(folder.FullName, "NetPol.sln")))
                return folder.FullName;
        }
        throw new InvalidOperationException($"no NetPol.sln in any folder above {from}");
    }
}
