using System.Text;
using NetPol.Model;

namespace NetPol.Cli.Output;

/// <summary>Writes what it is given, with characters that show nothing or turn text around escaped (<see cref="VisibleText.OfOutput"/>), whoever they come from.</summary>
internal sealed class VisibleWriter(TextWriter inner) : TextWriter(inner.FormatProvider)
{
    public override Encoding Encoding => inner.Encoding;

    public override void Write(char value)
    {
        // The halves of a pair come one after the other: alone, neither is a character.
        if (char.IsSurrogate(value))
            inner.Write(value);
        else
            Write([value]);
    }

    public override void Write(char[] buffer, int index, int count) => Write(buffer.AsSpan(index, count));

    public override void Write(string? value) => Write(value.AsSpan());

    public override void Write(ReadOnlySpan<char> buffer)
    {
        if (VisibleText.IsChangedForOutput(buffer))
            inner.Write(VisibleText.OfOutput(buffer));
        else
            inner.Write(buffer);
    }

    public override void Flush() => inner.Flush();
}
