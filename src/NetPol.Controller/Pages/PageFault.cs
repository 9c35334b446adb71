namespace NetPol.Controller.Pages;

/// <summary>Why the page gets nothing.</summary>
/// <param name="Error">For people.</param>
internal sealed record PageFault(string Error);
