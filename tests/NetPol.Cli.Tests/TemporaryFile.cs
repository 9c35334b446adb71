namespace NetPol.Cli.Tests;

/// <summary>A YAML file that is gone after the test.</summary>
internal sealed class TemporaryFile : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("netpol-input-");

    public TemporaryFile(string text) => File.WriteAllText(Path, text);

    public string Path => System.IO.Path.Combine(_folder.FullName, "input.yaml");

    public void Dispose() => _folder.Delete(recursive: true);
}
