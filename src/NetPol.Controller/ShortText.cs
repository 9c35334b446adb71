namespace NetPol.Controller;

/// <summary>What others say, no longer than there is room for.</summary>
internal static class ShortText
{
    /// <summary>The beginning of a text; no half of a surrogate pair is left.</summary>
    /// <param name="text">The text.</param>
    /// <param name="most">In characters.</param>
    public static string Of(string text, int most) => text.Length <= most ? text : text[..(char.IsHighSurrogate(text[most - 1]) ? most - 1 : most)];
}
