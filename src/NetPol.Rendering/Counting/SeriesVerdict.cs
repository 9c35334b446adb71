namespace NetPol.Rendering.Counting;

/// <summary>What was decided, or would have been.</summary>
public enum SeriesVerdict
{
    Allow,
    Deny,
}
