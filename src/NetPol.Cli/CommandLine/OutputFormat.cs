namespace NetPol.Cli.CommandLine;

/// <summary>The values of <c>-o</c>; a command accepts some of them.</summary>
internal static class OutputFormat
{
    public const string Text = "text";
    public const string Table = "table";
    public const string Json = "json";
    public const string Html = "html";
}
