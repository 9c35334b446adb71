namespace NetPol.Cli.Comparing;

internal enum PageEndKind
{
    Workload,
    Nodes,
    Outside,
}
