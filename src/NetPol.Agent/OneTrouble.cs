namespace NetPol.Agent;

/// <summary>A trouble that lasts is told once, until it is another one or over. Not for use by two threads at once.</summary>
internal sealed class OneTrouble
{
    /// <summary>Null when there is none.</summary>
    public string? Message { get; private set; }

    /// <returns>Whether it is to be told.</returns>
    public bool Is(string message)
    {
        var isNew = !string.Equals(message, Message, StringComparison.Ordinal);
        Message = message;
        return isNew;
    }

    public void IsOver() => Message = null;
}
