namespace NetPol.Cli.CommandLine;

/// <summary>The values of <c>-o</c>; a command accepts some of them.</summary>
internal enum OutputFormat
{
    Text,
    Table,
    Json,
    Yaml,
    Html,
}
