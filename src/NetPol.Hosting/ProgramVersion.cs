using System.Reflection;

namespace NetPol.Hosting;

/// <summary>The version of NetPol, with its suffix: the one that <c>build/version</c> prints.</summary>
public static class ProgramVersion
{
    public static string Text { get; } =
        typeof(ProgramVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion
        ?? throw new InvalidOperationException("the assembly has no informational version");
}
