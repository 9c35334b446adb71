namespace NetPol.Lab;

/// <summary>How far a long step is.</summary>
/// <param name="Step">What is being done, such as <c>namespaces</c>, <c>links</c>, <c>probes</c>.</param>
/// <param name="Done">Of <paramref name="Total"/>, never falling within one step.</param>
/// <param name="Total">Known from the first report of the step on.</param>
public readonly record struct LabProgress(string Step, int Done, int Total);
