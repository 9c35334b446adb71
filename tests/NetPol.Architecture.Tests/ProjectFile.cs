using System.Xml.Linq;

namespace NetPol.Architecture.Tests;

/// <summary>What a project file says. All names without <c>.csproj</c>.</summary>
/// <param name="Name">The project's name.</param>
/// <param name="Room">The top folder it is in: <c>src</c> or <c>tests</c>.</param>
/// <param name="IsExecutable">It says so itself (test projects are executables by their common properties).</param>
/// <param name="AheadOfTime">What it says of compiling ahead of time: <c>PublishAot</c>, <c>IsAotCompatible</c> or nothing.</param>
/// <param name="References">The projects it refers to, in ordinal order.</param>
/// <param name="Packages">The packages it refers to, in ordinal order.</param>
internal sealed record ProjectFile(string Name, string Room, bool IsExecutable, string? AheadOfTime, string[] References, string[] Packages)
{
    public static ProjectFile[] All { get; } =
        [.. SourceTree.Files.Where(f => f.EndsWith(".csproj", StringComparison.Ordinal)).Select(Load)];

    public static ProjectFile[] In(string room) => [.. All.Where(p => string.Equals(p.Room, room, StringComparison.Ordinal))];

    public override string ToString() => Name;

    private static ProjectFile Load(string path)
    {
        var project = XDocument.Load(SourceTree.Absolute(path));
        return new(
            Path.GetFileNameWithoutExtension(path),
            path.Split('/')[0],
            project.Descendants("OutputType").Any(e => string.Equals(e.Value, "Exe", StringComparison.Ordinal)),
            project.Descendants().FirstOrDefault(e => e.Name.LocalName is "PublishAot" or "IsAotCompatible" && string.Equals(e.Value, "true", StringComparison.Ordinal))?.Name.LocalName,
            [.. Includes(project, "ProjectReference").Select(i => Path.GetFileNameWithoutExtension(i.Replace('\\', '/'))).Order(StringComparer.Ordinal)],
            [.. Includes(project, "PackageReference").Order(StringComparer.Ordinal)]);
    }

    private static IEnumerable<string> Includes(XDocument project, string item) =>
        project.Descendants(item).Select(e => e.Attribute("Include")!.Value);
}
