namespace NetPol.Cli.Output;

/// <summary>One line on standard error that says what takes so long, replaced in place and gone at the end. Silent where standard error is no terminal.</summary>
internal sealed class ProgressLine : IDisposable
{
    private readonly bool _visible = Screen.ErrorIsTerminal;
    private readonly Lock _lock = new();
    private bool _shown;

    public void Show(string text)
    {
        if (!_visible)
            return;
        lock (_lock)
        {
            Console.Error.Write($"\r\e[2K{text}");
            _shown = true;
        }
    }

    /// <summary>Takes shares from 0 to 1 and shows them behind the text, whenever another hundredth is done.</summary>
    public Action<double> ShowShare(string text)
    {
        var told = 0;
        return share =>
        {
            if ((int)(share * 100) is var percent && percent > told)
                Show($"{text}, {told = percent} %");
        };
    }

    public void Clear()
    {
        lock (_lock)
        {
            if (_shown)
                Console.Error.Write("\r\e[2K");
            _shown = false;
        }
    }

    public void Dispose() => Clear();
}
